"""The sources of the embedded reference: data sets used, rows that print a citation, documents."""

from __future__ import annotations

CAMPUS_FILE = "korea/polytech_campuses.csv"
MINOR_FILE = "korea/employment_occupation_minor_press.csv"
_KOGL = "KOGL type 1 (source attribution)"
_KOSIS = "https://kosis.kr"
_ONET = "https://www.onetcenter.org/database.html"
_GPTS = "https://github.com/openai/GPTs-are-GPTs"
_NAMES_KO = "scripts/descriptor_names_ko.csv"
_WEIGHTS = (
    "gpts_are_gpts/national_May2021_dl.csv; crosswalks/soc2010_soc2018.csv; "
    "crosswalks/isco08_soc2010.xlsx"
)

# source, citation, licence, url, files, vintage
DATASETS: tuple[tuple[str, str, str, str, str, str], ...] = (
    (
        "ksco7_2017",
        "통계청, 한국표준직업분류 제7차 개정(2017)",
        "official code list",
        "https://kssc.kostat.go.kr",
        "korea/classification.csv",
        "2017",
    ),
    (
        "ksic10_2017",
        "통계청, 한국표준산업분류 제10차 개정(2017)",
        "official code list",
        "https://kssc.kostat.go.kr",
        "korea/classification.csv",
        "2017",
    ),
    (
        "sido_codes",
        "행정표준코드 시도(강원 51, 전북 52는 특별자치도 신코드)",
        "official code list",
        "https://www.code.go.kr",
        "korea/classification.csv",
        "2024",
    ),
    (
        "kosis_employment_age",
        "KOSIS 지역별고용조사(7차 KSCO) 직업 중분류별 취업자(연령·교육정도), 통계청, 반기",
        _KOGL,
        _KOSIS,
        "korea/employment_occupation_age_education.csv",
        "2022H2",
    ),
    (
        "kosis_employment_industry",
        "KOSIS 지역별고용조사 전국 성/산업/직업별 취업자(대분류), 통계청, 반기",
        _KOGL,
        _KOSIS,
        "korea/employment_industry_occupation_sex.csv",
        "2022H2",
    ),
    (
        "kosis_employment_province",
        "KOSIS 지역별고용조사 시도/직업별 취업자(대분류), 통계청, 반기",
        _KOGL,
        _KOSIS,
        "korea/employment_region_occupation.csv",
        "2022H2",
    ),
    (
        "kosis_employment_year",
        "KOSIS 경제활동인구조사 성/직업별 취업자, 통계청, 연간",
        _KOGL,
        _KOSIS,
        "korea/employment_occupation_sex_annual.csv",
        "2022",
    ),
    (
        "kosis_vacancies",
        "KOSIS 직종별사업체노동력조사 시도/직종별 구인·미충원·부족률, 고용노동부, 반기",
        _KOGL,
        _KOSIS,
        "korea/vacancy_region_occupation.csv",
        "2022H2",
    ),
    (
        "kosis_wages",
        "KOSIS 고용형태별근로실태조사 직종별 월임금총액(전체근로자), 고용노동부, 연간",
        _KOGL,
        _KOSIS,
        "korea/wage_occupation.csv",
        "2022",
    ),
    (
        "isco08_ilo_bls",
        "ILO ISCO-08 unit groups, as listed in the BLS ISCO-08 to 2010 SOC crosswalk",
        "public domain",
        "https://www.bls.gov/soc/soccrosswalks.htm",
        "crosswalks/isco08_soc2010.xlsx",
        "2012",
    ),
    (
        "onet_29_3",
        "O*NET 29.3 (May 2025), USDOL/ETA: element names and scales of the descriptors; "
        "Korean names by this project",
        "CC BY 4.0",
        _ONET,
        "onet/Skills.xlsx; onet/Knowledge.xlsx; onet/Work Styles.xlsx; onet/Interests.xlsx; "
        f"onet/Job Zones.xlsx; {_NAMES_KO}",
        "29.3",
    ),
    (
        "onet_abilities",
        "O*NET about release 24/25 (2020), USDOL/ETA: importance of 52 abilities; "
        "Korean names by this project",
        "CC BY 4.0",
        _ONET,
        f"onet/Abilities.csv; onet/Content Model Reference.xlsx; {_NAMES_KO}",
        "2020",
    ),
    (
        "onet_activities",
        "O*NET 30.1 (December 2025), USDOL/ETA: importance of 41 work activities; "
        "Korean names by this project",
        "CC BY 4.0",
        _ONET,
        f"onet/Work Activities.csv; {_NAMES_KO}",
        "30.1",
    ),
    (
        "onet_at_isco08",
        "Derived here from O*NET (USDOL/ETA, CC BY 4.0): SOC means averaged to ISCO-08 with "
        "US employment weights through the BLS crosswalks; modified, not endorsed by USDOL/ETA",
        "CC BY 4.0",
        _ONET,
        "onet/Skills.xlsx; onet/Knowledge.xlsx; onet/Work Styles.xlsx; onet/Interests.xlsx; "
        f"onet/Job Zones.xlsx; onet/Abilities.csv; onet/Work Activities.csv; {_WEIGHTS}",
        "29.3",
    ),
    (
        "onet_related_at_ksco7",
        "Derived here from O*NET 29.3 Related Occupations (USDOL/ETA, CC BY 4.0): shares of links, "
        "carried to KSCO-7 through ISCO-08; modified, not endorsed by USDOL/ETA",
        "CC BY 4.0",
        _ONET,
        f"onet/Related Occupations.xlsx; {_WEIGHTS}; scripts/ksco7_isco08_links.csv",
        "29.3",
    ),
    (
        "gpts_are_gpts_at_isco08",
        "Derived here from Eloundou, Manning, Mishkin, Rock (2024), GPTs are GPTs, Science 384",
        "MIT",
        _GPTS,
        f"gpts_are_gpts/occ_level.csv; gpts_are_gpts/full_labelset.tsv; {_WEIGHTS}",
        "2024",
    ),
    (
        "isco_task_profile",
        "Derived here from the task labels of GPTs are GPTs (MIT) and O*NET 29.3 Tasks to DWAs "
        "(USDOL/ETA, CC BY 4.0); modified, not endorsed by USDOL/ETA",
        "MIT; CC BY 4.0",
        _ONET,
        "gpts_are_gpts/full_labelset.tsv; onet/Tasks to DWAs.xlsx; onet/DWA Reference.xlsx; "
        f"{_WEIGHTS}",
        "29.3",
    ),
    (
        "daioe_at_isco08",
        "Derived here from Engberg, Goerg, Lodefalk, Javed, Langkammer, Monastersky: DAIOE, "
        "2010 to 2021",
        "CC BY 4.0",
        "https://github.com/Magnus-L/daioe-pipeline",
        f"daioe/daioe_onetsoc2010_2010_2021.tsv; {_WEIGHTS}",
        "2021",
    ),
    (
        "ilo_2023",
        "Gmyrek, Berg, Bescond (2023), Generative AI and jobs, ILO Working Paper 96: means",
        "CC BY 4.0",
        "https://www.ilo.org/publications",
        "ilo/ilo_genai_2023_isco08.csv",
        "2023",
    ),
    (
        "complementarity_at_isco08",
        "Derived here: six O*NET work-context components of Pizzinelli et al. (2023), "
        "IMF WP/23/216, averaged to ISCO-08",
        "CC BY 4.0",
        _ONET,
        f"onet/complementarity_components_soc2010.csv; {_WEIGHTS}",
        "2023",
    ),
    (
        "census_btos_state",
        "US Census Bureau, Business Trends and Outlook Survey: AI use by state, September 2023 to "
        "December 2024 (wording before the revision of the question)",
        "public domain",
        "https://www.census.gov/hfp/btos/downloads",
        "btos/btos_state_ai_use_2023_2024.csv",
        "2024",
    ),
    (
        "ksco7_isco08_own",
        "This project: hand-written link of KSCO-7 minor groups to ISCO-08 unit groups",
        "CC BY 4.0",
        "",
        "scripts/ksco7_isco08_links.csv",
        "1",
    ),
    (
        "keco_ksco7_own",
        "This project: hand-written link of KECO-2018 major groups to KSCO-7 sub-major groups; "
        "shares of groups that span two are assumed",
        "CC BY 4.0",
        "",
        "scripts/keco_ksco7_links.csv",
        "1",
    ),
    (
        "licensed_minors_own",
        "This project: hand-written list of KSCO-7 minor groups that Korean law keeps for licence "
        "holders, from general knowledge of the acts named; to be checked by a person",
        "CC BY 4.0",
        "",
        "scripts/licensed_minors.csv",
        "1",
    ),
    (
        "contradictions_own",
        "This project: where the policy documents and published reports contradict themselves or "
        "each other on a programme, in words of this project; the figures are read from them",
        "CC BY 4.0",
        "",
        "scripts/contradictions.csv",
        "1",
    ),
)

# Published figures: id, and one row of the data that prints the citation. The text is read from
# there, and every row that prints the same text gets the same id.
CITED: tuple[tuple[str, str], ...] = (
    ("kiet_2024_ai_use", "ai_adoption-0001"),
    ("nia_informatization", "ai_adoption-0038"),
    ("nia_informatization_2022", "ai_adoption-0043"),
    ("ai_daily_life_plan_2023", "ai_adoption-0047"),
    ("newstomato_2024", "ai_adoption-0036"),
    ("nia_informatization_2018", "ai_adoption-0137"),
    ("pyo_2025_research_sample", "ai_adoption-0196"),
    ("kcci_sgi_2025", "ai_adoption-0216"),
    ("kcci_kiet_2024", "ai_adoption-0232"),
    ("kli_wps_2026", "ai_adoption-0233"),
    ("kdi_2021_survey", "ai_adoption-0252"),
    ("kostat_regional_survey_2019h1", "employment_by_occupation_minor-0004"),
    ("kostat_regional_survey_2020h1", "employment_by_occupation_minor-0017"),
    ("kiet_2024_at_risk", "kiet_exposure-0001"),
    ("kiet_2024_at_risk_revised", "kiet_exposure-0016"),
    ("kiet_2024_at_risk_press", "kiet_exposure-0043"),
    ("bok_2023_30", "bok_exposure-0001"),
    ("bok_imf_2025_2", "bok_exposure-0033"),
    ("bok_2025_30", "bok_exposure-0059"),
    ("kostat_social_trends_2024", "bok_exposure-0090"),
    ("kostat_job_moves_2023", "transition_midlife-0021"),
    ("kostat_job_moves_2022", "transition_midlife-0044"),
    ("kostat_job_moves_2020", "transition_midlife-0061"),
    ("kostat_job_moves_2019", "transition_midlife-0202"),
    ("kostat_life_stages_2023", "transition_midlife-0002"),
    ("kostat_life_stages_2022", "transition_midlife-0015"),
    ("kostat_social_trends_2024_midlife", "transition_midlife-0019"),
    ("midlife_job_search_survey_2022", "transition_midlife-0140"),
    ("kostat_older_workers_2025", "transition_midlife-0075"),
    ("kostat_job_statistics_2022", "transition_midlife-0148"),
    ("main_job_exit_survey_2023", "transition_midlife-0137"),
    ("keri_2022", "transition_midlife-0179"),
    ("keis_projection_2024_2034", "projections-0001"),
    ("moel_ai_upskilling_2025", "programmes-0001"),
    ("hrdk_joint_centres_2026", "programmes-0026"),
    ("mss_smart_manufacturing_2026", "programmes-0032"),
    ("msit_ai_capability_2025", "programmes-0065"),
    ("moel_ai_budget_2026", "programmes-0023"),
    ("kiet_2024_training_costs", "programmes-0044"),
    ("polytech_midlife_2025_02", "programmes-0068"),
    ("polytech_midlife_2024_h2", "programmes-0089"),
    ("polytech_intake_2026", "programmes-0092"),
    ("polytech_midlife_2025_05", "programmes-0141"),
    ("polytech_ax_2026", "programmes-0138"),
    ("kdt_results_2023", "programmes-0114"),
    ("training_card_2020", "programmes-0121"),
    ("krivet_ageing_training_2024", "programmes-0125"),
    ("career_support_2026", "programmes-0101"),
    ("midlife_centres_2024_04_29", "programmes-0155"),
    ("midlife_centres_2024_04_30", "programmes-0107"),
    ("ai_jobs_forum_2025", "programmes-0110"),
    ("kdt_selection_2024", "programmes-0117"),
    ("training_cards_issued_2022", "programmes-0133"),
    ("polytech_midlife_2024_12", "programmes-0144"),
    ("polytech_midlife_blog_2025", "programmes-0146"),
    ("polytech_yeongju_2025", "programmes-0148"),
    ("ai_worker_pilot_2026", "programmes-0149"),
    ("training_card_ai_blog_2026", "programmes-0152"),
    ("kcci_work_ai_2026", "programmes-0153"),
    ("polytech_campus_map_2027", "polytech_campuses-0001"),
)

# Documents without a row of their own in the data: cited in full.
DOCUMENTS: tuple[tuple[str, str, str], ...] = (
    (
        "kiet_2024_report",
        "산업연구원(KIET) 「국내 기업의 인공지능 활용과 정책과제」, 2024-12",
        "2024",
    ),
    (
        "svanberg_2024",
        "Svanberg, Li, Fleming, Goehring, Thompson (2024), Beyond AI Exposure: Which Tasks are "
        "Cost-Effective to Automate with Computer Vision?",
        "2024",
    ),
    (
        "manning_aguirre_2026",
        "Manning and Aguirre (2026), How Adaptable Are American Workers to AI-Induced Job "
        "Displacement?",
        "2026",
    ),
    (
        "bok_2025_generative_ai_use",
        "한국은행 (2025), AI의 빠른 확산과 생산성 효과: 가계조사를 바탕으로, BOK 이슈노트",
        "2025",
    ),
)


# Files whose row ids do not begin with the name of the file.
NAMED_OTHERWISE = {"employment_by_occupation_minor": MINOR_FILE}
