"""The referral funnel: how far the referrals of a cohort came."""
