"""Rules that tie records, articles and screening together.

They keep the flow of records countable: whatever passes them, each record ends in
exactly one box of the flow diagram.
"""

from __future__ import annotations

from collections import defaultdict

from personomics.tables import Problem, Table, shown

#: How a record was found if its article was part of an earlier version of the review.
PREVIOUS = "previous version"
Row = dict[str, str]


def check_records(tables: dict[str, Table]) -> list[Problem]:
    """Report records whose removal and article do not fit, one by one."""
    table = tables["records"]
    problems = []
    for row, record in table:
        removed, article = record["removed"], record["article_id"]
        who = shown(record["record_id"])
        if not article and removed in ("", "duplicate"):
            why = "was removed as a duplicate" if removed else "went on to screening"
            allowed = "the article that the record describes"
            what = f"is empty, though {who} {why}"
            problems.append(Problem(table.file, row, "article_id", what, allowed))
        elif article and removed in ("automation", "other"):
            what = f"{who} was removed before screening but has an article"
            allowed = "an empty cell; write the title in the column title"
            problems.append(Problem(table.file, row, "article_id", what, allowed))
        if removed in ("automation", "other") and not record["title"].strip():
            what = f"is empty, though {who} has no article to name it"
            problems.append(Problem(table.file, row, "title", what, "the title"))
    return problems


def check_live(tables: dict[str, Table]) -> list[Problem]:
    """Report articles that do not have exactly one record that went on."""
    live: dict[str, list[str]] = defaultdict(list)
    for record in tables["records"].records:
        if not record["removed"]:
            live[record["article_id"]].append(record["record_id"])
    articles, problems = tables["articles"], []
    allowed = "one row of records.csv with this article and an empty cell in removed"
    for row, article in articles:
        found = live[article["article_id"]]
        if len(found) == 1 or not article["article_id"]:
            continue
        what = f"{shown(article['article_id'])} has " + (
            f"{len(found)} records that went on ({', '.join(found[:3])})"
            if found
            else "no record that went on"
        )
        problems.append(Problem(articles.file, row, "article_id", what, allowed))
    return problems


def check_duplicates(tables: dict[str, Table]) -> list[Problem]:
    """Report removed duplicates without a link, and links that nothing follows."""
    records = {r["record_id"]: r for r in tables["records"].records}
    table, problems = tables["duplicates"], []
    linked = set()
    for row, link in table:
        later, earlier = records.get(link["record_id"]), records.get(link["other_id"])
        if link["record_id"] == link["other_id"]:
            what = f"{shown(link['record_id'])} is linked to itself"
            problems.append(Problem(table.file, row, "other_id", what, "two records"))
        if link["decision"] != "same" or later is None or earlier is None:
            continue
        linked.add(link["record_id"])
        if later["removed"] == "duplicate" and (
            later["article_id"] == earlier["article_id"]
        ):
            continue
        what = (
            f"{shown(link['record_id'])} and {shown(link['other_id'])} are decided to "
            "be the same, but not treated so in records.csv"
        )
        allowed = "maybe, distinct; or apply it with: personomics search settle"
        problems.append(Problem(table.file, row, "decision", what, allowed))
    file, allowed = tables["records"].file, "a row of duplicates.csv that says 'same'"
    return problems + [
        Problem(file, row, "removed",
                f"nothing says of what {shown(r['record_id'])} is a duplicate", allowed)
        for row, r in tables["records"]
        if r["removed"] == "duplicate" and r["record_id"] not in linked
    ]  # fmt: skip


def check_states(tables: dict[str, Table], consensus: set[str]) -> list[Problem]:
    """Report articles without a state, and earlier ones that are not included.

    Articles that came in with a search and nobody has judged yet may wait.
    """
    verdicts = {
        r["article_id"]: r["verdict"]
        for r in tables["screening"].records
        if r["rater_id"] in consensus
    }
    live = {r["article_id"]: r for r in tables["records"].records if not r["removed"]}
    articles, problems = tables["articles"], []
    for row, article in articles:
        key = article["article_id"]
        record = live.get(key, {})
        earlier = record.get("found_by") == PREVIOUS
        if earlier and verdicts.get(key) not in (None, "include"):
            what = f"{shown(key)} was included before, but is not included now"
            allowed = "another value of found_by in records.csv, or verdict 'include'"
        elif key and key not in verdicts and (earlier or not record.get("snapshot")):
            what = f"{shown(key)} has no consensus verdict"
            allowed = "a consensus row in screening.csv"
        else:
            continue
        problems.append(Problem(articles.file, row, "article_id", what, allowed))
    return problems


def check_reporting(tables: dict[str, Table]) -> list[Problem]:
    """Report checklist items that neither lead to a place nor say why not."""
    table, problems = tables["reporting"], []
    for row, item in table:
        done = item["status"] in ("reported", "partly reported")
        column = "places" if done else "note"
        if item["status"] and not item[column].strip():
            what = f"is empty, though the item is {item['status']}"
            allowed = "page#heading" if done else "why"
            problems.append(Problem(table.file, row, column, what, allowed))
        if not done and item["places"].strip():
            what = f"leads to a place, though the item is {item['status']}"
            problems.append(Problem(table.file, row, "places", what, "an empty cell"))
    return problems
