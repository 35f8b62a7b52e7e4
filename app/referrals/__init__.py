"""The closed loop: a referral is made, answered, and followed until its outcome is known."""
