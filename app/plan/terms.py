"""What the figures of actions and of money mean, in words, as data. Pure Python."""

from collections.abc import Mapping
from typing import Final

from app.directory.vocabulary import Label

REALISATION: Final[Mapping[str, Label]] = {
    "initiated_at_least": Label(
        "actions que l'organisme a trouvées engagées, réalisées en partie ou réalisées, d'après son dernier constat de"
        " chacune ; une action abandonnée n'en est pas, même engagée auparavant",
        "actions the body found initiated, partly done or done, by what it last found of each; one that was abandoned"
        " is not among them, even if it had been initiated before",
    ),
    "share": Label(
        "initiées au moins / toutes les actions du plan à la date, évaluées ou non, intitulés non publiés compris ;"
        " quatre décimales, la demie vers le haut",
        "initiated at least / all actions of the plan at the date, assessed or not, those without a published title"
        " included; four decimals, a half upwards",
    ),
    "contradictory": Label(
        "deux organismes ont constaté, ou déclaré, des choses différentes ; les deux restent et rien ne les départage ;"
        " un décompte et une part publiée diffèrent à partir d'un demi-point",
        "two bodies found, or stated, different things; both stay and nothing decides between them; a count and a"
        " published share differ from half a percentage point on",
    ),
    "agrees": Label(
        "le décompte déclaré est celui que donnent, le jour de la déclaration, les constats du même organisme, sur"
        " autant d'actions",
        "the count stated is what the same body's own assessments came to on the day of the statement, of as many"
        " actions",
    ),
    "slip_days": Label(
        "dernière fin prévue moins première fin prévue, en jours, d'une version du plan à l'autre ; négatif si elle fut"
        " avancée ; une saisie corrigée ne compte pas",
        "last planned end less first planned end, in days, from one wording of the plan to the next; negative when"
        " brought forward; a corrected entry counts for nothing",
    ),
    "late_since": Label(
        "premier jour après la fin prévue en dernier, si elle est passée et si aucun organisme n'a trouvé en dernier"
        " l'action réalisée ; nul aussi dès que tous les organismes qui l'ont évaluée l'ont trouvée abandonnée",
        "first day after the end planned last, when it is over and no body last found the action done; null too once"
        " every body that judged it last found it abandoned",
    ),
    "milestone_state": Label(
        "atteint dès qu'un organisme le dit ; sinon manqué à partir du lendemain de l'échéance en vigueur ; sinon à"
        " venir",
        "reached once a body says so; else missed from the day after the day it is due now; else due",
    ),
}
"""By the name of the field in the answers."""
MONEY: Final[Mapping[str, Label]] = {
    "authorisations": Label(
        "autorisations d'engagement : le plus qui puisse être promis à des tiers, souvent pour plusieurs années ;"
        " `spent` y est ce qui a été signé, pas ce qui a été payé",
        "commitment authorisations: the most that may be promised to others, often for several years; `spent` is what"
        " was signed away of them, not what was paid",
    ),
    "credits": Label(
        "crédits de paiement : le plus qui puisse être payé dans l'année ; `spent` y est ce qui a été payé. C'est le"
        " même argent que les autorisations, vu une seconde fois : les deux ne s'ajoutent jamais",
        "payment credits: the most that may be paid within the year; `spent` is what was paid. It is the same money as"
        " the authorisations, seen a second time: the two are never added up",
    ),
    "in_kind": Label(
        "apports en nature, à la valeur que leur donne qui les apporte ; jamais ajoutés à rien",
        "help in kind, at the value whoever brings it gives it; never added to anything",
    ),
    "execution_initial": Label(
        "payé (dépenses sur crédits de paiement) / engagé (autorisations d'engagement, montant initial) ; quatre"
        " décimales, la demie vers le haut. Une autorisation se paie sur plusieurs années : année par année, ce taux"
        " dit peu",
        "paid (expenditure of payment credits) / committed (commitment authorisations as first made); four decimals, a"
        " half upwards. An authorisation is paid over several years: year by year this share says little",
    ),
    "execution_revised": Label(
        "payé / autorisations d'engagement après révisions",
        "paid / commitment authorisations with their revisions",
    ),
    "execution_credits": Label(
        "payé / crédits de paiement ouverts, après révisions : ce qui était ouvert a-t-il servi, non : était-ce promis",
        "paid / payment credits opened, with revisions: whether what was opened was used, not whether it was promised",
    ),
    "overrun": Label(
        "payé moins engagé initialement, quand c'est positif. Les révisions l'expliquent d'abord, à hauteur de ce"
        " qu'elles ajoutent ; puis, au-delà, les dépenses qui portent une cause ; des causes qui expliquent plus qu'il"
        " n'y a sont réduites en proportion. Le reste est `unexplained`. Les dépassements de groupes ne s'ajoutent pas",
        "paid less committed at first, where positive. Revisions explain first, up to what they add; then, beyond it,"
        " expenditure that carries a cause; causes that explain more than there is are cut in proportion. What is left"
        " is `unexplained`. Overruns of groups do not add up",
    ),
    "not_spread": Label(
        "sommes données pour plusieurs années et non réparties par leur source : dans les totaux, dans aucune année. Là"
        " où une dépense ou une autorisation n'est pas répartie, aucune année n'est jugée",
        "sums given for several years that their source does not spread: in the totals, in no year. Where an"
        " expenditure or an authorisation is not spread, no year is judged",
    ),
}
"""By the name of the field in the answers."""
