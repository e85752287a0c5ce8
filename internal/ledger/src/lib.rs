//! nightsafe-ledger
