# Prints what wstest is to do, as JSON: spec.py <url> <folder of reports> <pattern>...
# Runs in CPython 2.7 beside the suite. Patterns become ids here, as wstest waits
# for ever if they match no case.
from fnmatch import fnmatchcase
import json
import sys

import autobahntestsuite
from autobahntestsuite.case import CaseBasename, CaseCategories, Cases, CaseSetname
from autobahntestsuite.case import CaseSubCategories
from autobahntestsuite.caseset import CaseSet

url, reports, patterns = sys.argv[1], sys.argv[2], sys.argv[3:]
case_set = CaseSet(CaseSetname, CaseBasename, Cases, CaseCategories, CaseSubCategories)
known = [case_set.caseClasstoId(case) for case in Cases]
chosen = set()
for pattern in patterns:
    matches = [case for case in known if fnmatchcase(case, pattern)]
    if not matches:
        sys.exit("no case is called " + pattern)
    chosen.update(matches)

json.dump({
    "servers": [{"agent": "orpc-runtime", "url": url}],
    "outdir": reports,
    "cases": sorted(chosen, key=case_set.caseIdtoIdTuple),
    # For the table alone.
    "version": autobahntestsuite.version,
    "categories": CaseCategories,
}, sys.stdout, indent=2)
