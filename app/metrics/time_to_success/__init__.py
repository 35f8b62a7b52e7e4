"""How long until a referral succeeds: cumulative incidence with competing outcomes, open referrals censored."""
