//! What both ends of the one-way link have in common: sockets, the loop around their threads, the file that tells how they
//! stand. The format is `nightsafe-diode`; the ends are [`crate::low::send`] and [`crate::high::receive`].

pub(crate) mod driver;
pub(crate) mod kernel_drops;
pub(crate) mod socket;
pub(crate) mod state;
pub(crate) mod stop;
pub(crate) mod threads;
