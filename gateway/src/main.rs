//! The gateway program; everything it does is in the library.

/// Freed memory is wiped: what was a report is not left behind for a swap file or a core dump (promise 2).
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> nightsafe_runtime::ExitCode {
    nightsafe_gateway::run()
}
