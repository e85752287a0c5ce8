//! nightsafe-index
