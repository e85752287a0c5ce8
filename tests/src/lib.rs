//! nightsafe-tests
