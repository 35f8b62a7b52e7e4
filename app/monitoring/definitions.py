"""Which indicators of the catalogue are about no person, and may be live for everybody outside. Pure Python.

About a person is whatever counts people, contacts, referrals, stays or answers, or divides by such a count: exact and
live, two of them a record apart would tell of the record. Teams, outings, doors and clocks of teams are not people. A
test holds that every indicator of the catalogue is in one of the two sets: who adds one decides.
"""

from typing import Final

LIVE: Final = frozenset(
    {
        "patrols_held",
        "patrols_held_of_planned",
        "patrols_open_ended",
        "patrols_absurd",
        "patrol_hours",
        "nights_with_patrol",
        "night_patrol_hours",
        "night_open_hours_planned",
        "night_openings_reported",
        "housing_saturated_nights",
        "patrols_lag_median",
        "patrols_lag_p90",
        "patrols_within_24h",
        "patrols_within_7d",
        "patrol_reports_received",
        "silent_days",
    }
)
"""About no person: exact, live, the same for everybody."""
ABOUT_PEOPLE: Final = frozenset(
    {
        "contacts",
        "encounters",
        "file_active",
        "first_contacts_without_card",
        "anonymous_share",
        "contacts_per_person",
        "new_contacts",
        "returning_contacts",
        "population_chao",
        "population_one_inflation",
        "population_zelterman",
        "population_chapman",
        "coverage_published",
        "coverage_estimated",
        "coverage_target",
        "patrols_without_contact",
        "contacts_per_patrol_hour",
        "referrals_offered",
        "referrals_requested",
        "referrals_accepted",
        "referrals_arrived",
        "referrals_admitted",
        "success_worst_case",
        "success_known_outcome",
        "provider_acceptance",
        "outcome_unknown_share",
        "admissions_per_referral",
        "time_to_success_median",
        "time_to_success_first_quartile",
        "success_incidence_7d",
        "success_incidence_30d",
        "unmet_demand",
        "no_place_refusals",
        "needs_without_offer",
        "admissions_per_vacant_place",
        "housing_occupancy",
        "housing_retention_30",
        "housing_retention_90",
        "housing_retention_180",
        "housing_retained_or_positive_30",
        "housing_retained_or_positive_90",
        "housing_retained_or_positive_180",
        "housing_exits_longer_stay",
        "housing_blocked_stays",
        "housing_return_to_street",
        "flows_unlinked_share",
        "territory_share",
        "territory_contacts_per_hour",
        "outside_perimeter_share",
        "territory_divergence",
        "weighted_displacement",
        "encounters_lag_median",
        "encounters_lag_p90",
        "encounters_within_24h",
        "encounters_within_7d",
        "referrals_lag_median",
        "referrals_lag_p90",
        "referrals_within_24h",
        "referrals_within_7d",
        "gender_unknown",
        "age_band_unknown",
        "sleeping_unknown",
        "first_contact_unknown",
        "encounters_with_patrol",
        "referrals_closed_in_time",
        "events_without_effect",
        "events_held",
        "records_off_clock",
    }
)
"""About people: outside they are known from frozen releases or not at all. `patrols_without_contact` says of a night
whether anybody was met, `housing_occupancy` how many slept somewhere; `records_off_clock` counts encounters too."""
