"""``python -m forecast`` is the console script."""

from forecast.cli import main

raise SystemExit(main())
