//! nightsafe-casework
