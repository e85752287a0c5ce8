//! nightsafe-runtime
