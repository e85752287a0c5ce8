//! nightsafe-console
