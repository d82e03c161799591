"""What the page "How large a trial" says; its script fills in the numbers."""

from __future__ import annotations

#: What is worked out, in the words of the choice.
SOLVE = {
    "n": "How many participants?",
    "power": "How much power?",
    "effect": "How small an interaction?",
}
#: The answer. What is worked out is set in bold type.
ANSWERS = {
    "n": "About {n} participants give {power} power to find {finding}.",
    "power": "{n} participants give {power} power to find {finding}.",
    "effect": "With {n} participants, the smallest interaction that is found with "
    "{power} power is {finding}.",
}
#: What is found, by outcome and moderator.
FINDINGS = {
    "continuous": {
        "binary": "a difference of {effect} between the treatment effects in those "
        "with and those without the factor",
        "categorical": "a difference of {effect} between the treatment effects in the "
        "last and the first of {groups} groups",
        "continuous": "a treatment effect that changes by {effect} with each standard "
        "deviation of the factor",
    },
    "binary": {
        "binary": "an odds ratio of the treatment {effect} times as large in those "
        "with as in those without the factor",
        "categorical": "an odds ratio of the treatment {effect} times as large in the "
        "last as in the first of {groups} groups",
        "continuous": "an odds ratio of the treatment that changes {effect}-fold with "
        "each standard deviation of the factor",
    },
    "time-to-event": {
        "binary": "a hazard ratio of the treatment {effect} times as large in those "
        "with as in those without the factor",
        "categorical": "a hazard ratio of the treatment {effect} times as large in the "
        "last as in the first of {groups} groups",
        "continuous": "a hazard ratio of the treatment that changes {effect}-fold with "
        "each standard deviation of the factor",
    },
}
#: The same size of effect, for the treatment itself.
COMPARED = {
    "times": "A treatment effect of that size in everyone would take {main}: the "
    "interaction takes {times} times as many.",
    "alike": "A treatment effect of that size in everyone would take {main}. Here the "
    "interaction is told for each standard deviation of the factor; between people who "
    "lie two of them apart it is twice as large.",
    "power": "For a treatment effect of that size in everyone, the same trial has "
    "{main} power.",
    "unlike": " The treatment effect is counted as tested once and without error; the "
    "interaction with the error, shared variance and correction assumed here.",
}
#: What is taken for granted, in this order, as far as it applies.
ASSUMED = {
    "alpha": "two-sided significance level {alpha}",
    "corrected": "two-sided significance level {alpha}, corrected to {corrected} for "
    "{moderators} moderators",
    "equal": "arms of equal size",
    "unequal": "{share} of participants in the intervention arm",
    "prevalence": "{share} of participants with the factor",
    "shares": "shares of the groups {shares}",
    "score": "a score with a normal distribution",
    "binary": "an event in {risk} of controls {where}",
    "time-to-event": "an event in {risk} of controls {where} by the end of follow-up",
    "groups": "in the first group",
    "mean": "at the mean of the factor",
    "treatment": "a treatment effect (ratio) of {ratio} {where}",
    "prognosis": "an effect of the factor itself (ratio) of {ratio}",
    "exact": "an instrument without error",
    "reliability": "an instrument of reliability {reliability}",
    "screen": "an instrument of sensitivity {sensitivity} and specificity "
    "{specificity}",
    "r2": "{share} of the factor's variance shared with other moderators",
    "clusters": "clusters of {size} with intracluster correlations of {icc} (outcome) "
    "and {of_factor} (factor)",
    "stay": "no drop-out",
    "dropout": "{share} dropping out",
}
#: The paragraph for a protocol.
PROTOCOL = {
    "n": "We will randomise {n} participants{clusters}{analysed}. This gives {power} "
    "power to find {finding}. ",
    "power": "We will randomise {n} participants{clusters}{analysed}. This gives "
    "{power} power to find {finding}. ",
    "effect": "We will randomise {n} participants{clusters}{analysed}. The smallest "
    "interaction found with {power} power is {finding}. ",
    "rest": "Assumptions: {assumed}. The interaction is tested by {test}{many}. Worked "
    "out with personomics {version}, {link}",
    "analysed": " and expect to analyse {analysed} of them",
    "many": "; {moderators} moderators are tested, and none of these tests is "
    "corrected for the others",
    "clusters": " in {clusters} clusters",
    "noncentral F": "an F test with {df1} and {df2} degrees of freedom (noncentral F "
    "distribution, expected cell sizes)",
    "Wald chi-squared": "a Wald test (chi-squared, degrees of freedom: {df1}; expected "
    "cell sizes)",
}
SAYS = {
    "sd": "{effect} (standard deviation {sd})",
    "one_sd": "{effect} standard deviations",
    "both": "{above} or {below}",
    "sure": "over 99.9%",
    "main": "treatment effect in everyone",
    "interaction": "interaction",
    "reliability": "reliability {reliability}",
    "none": "beyond 1,000,000",
    "x": "participants in all",
    "y": "power",
    "n": "{n} participants",
    "curve": "Power by number of participants, {outcome} outcome. {level} power takes "
    "{main} participants for a treatment effect and {n} for an interaction of the same "
    "size. This trial: {n_here} participants, {power}.",
    "cost": "Power of the interaction by number of participants if the instrument has "
    "reliability 1, 0.8 or 0.6. {level} power takes {takes} participants.",
    "costs": "{level} power takes {takes} participants at reliability 1, 0.8 and 0.6.",
    "screened": " For this comparison, reliability stands in place of sensitivity and "
    "specificity.",
    "old": "The last valid answer, kept until the entry is mended:",
    "assumes": "Assumes: {assumed}.",
    "unread": "The link holds no settings that this page knows; it shows its own.",
    "strange": "Not among the settings of this page, and left out: {names}.",
    "copied": "Copied.",
    "marked": "Marked; copy it with your keyboard or menu.",
    "saved": "Saved as {file}.",
    "here": "this trial",
    "version": "Worked out by personomics {version}.",
}
#: Reliability of the instrument in the second picture.
RELIABILITY = (1.0, 0.8, 0.6)
#: What is said of a published trial when it is filled in.
EXAMPLE = (
    "Filled in from {reference}: {participants} participants; {measure} {treatment} in "
    "{second}; the ratio in {first} is {ratio} of that in {second}. The share and the "
    "risk are those that its published intervals amount to with arms of equal size; "
    "they are not what the trial reported."
)
#: What is said before the protocol's paragraph as long as its numbers are derived.
PREFIX = (
    "Example from a published trial; its {measure} is worked with as a hazard ratio, "
    "and the share and the risk are derived from its intervals, not reported. "
)
UNSCRIPTED = (
    "With JavaScript this page works out other trials. Without it, so does the command "
    "personomics power --effect 0.3 --power 0.8"
)
