//! nightsafe-open
