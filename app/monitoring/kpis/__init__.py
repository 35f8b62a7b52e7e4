"""The plan's KPIs: figures of the register, live indicators about no person, frozen figures about people."""
