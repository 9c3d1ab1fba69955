#!/usr/bin/env bash
# Opens the HTML report in a real headless Chromium: the sample's, and one of hostile texts.
# Needs node with npm, and Chromium (CHROMIUM names it where it is not on the path).
# SCREENSHOT=docs/report.png tests/report.sh also takes the README's picture.
set -euo pipefail
cd "$(dirname "$0")/.."

chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "$chromium" ] || ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "NOT CHECKED in a browser: Chromium, node or npm is not here (apt-get install chromium nodejs npm)."
    echo "What needs no browser is checked by cargo test (outputs)."
    exit "${NO_BROWSER_IS:-0}"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" "playwright-core@1.65.1" "axe-core@4.14.1"
program=${RANKSCOPE:-target/release/rankscope}
cache=${RANKSCOPE_CACHE_DIR:-$work/cache}
"$program" export sample_corpus --to html --out "$work/sample.html" --quiet --cache-dir "$cache"
"$program" export tests/hostile --to html --out "$work/hostile.html" --quiet --cache-dir "$cache" \
    --leg bm25 --rerank none
cp tests/report.mjs "$work/"
SCREENSHOT=${SCREENSHOT:+$(realpath "$SCREENSHOT")} node "$work/report.mjs" "$chromium" "$work"
