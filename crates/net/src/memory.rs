//! Memory that nobody holds any more.

/// Gives back to the system what was freed and lies between what is still in use, where glibc keeps it for later. That
/// looks at all that was ever allocated, a millisecond for some ten megabytes: for after a flood, not for every day.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
pub fn give_back() {
    // SAFETY: takes no pointer, and touches only what is free, under the allocator's own locks.
    unsafe { libc::malloc_trim(0) };
}

/// Other allocators are not asked.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn give_back() {}
