//! nightsafe-seal
