//! nightsafe-schema
