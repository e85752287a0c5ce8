#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nightsafe_fuzz::call("mail", bytes));
