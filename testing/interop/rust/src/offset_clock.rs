//! A clock that can be set for one process: preloaded (`LD_PRELOAD`), it adds to what the system's clock says. The
//! file that `OFFSET_CLOCK` names has two numbers of 64 bits, the seconds to add to the wall clock and to the
//! monotonic one. Not libfaketime, with which Envoy waits forever in its start. It must not allocate: allocators look
//! at the clock.
#![cfg(target_os = "linux")]

use std::ptr::null_mut;
use std::sync::atomic::{AtomicI64, AtomicPtr, Ordering};

use libc::{c_int, c_void, clockid_t, time_t, timespec, timeval};

/// The file, mapped.
#[repr(C)]
struct Offsets {
    wall: AtomicI64,
    monotonic: AtomicI64,
}

static NONE: Offsets = Offsets { wall: AtomicI64::new(0), monotonic: AtomicI64::new(0) };
static MAPPED: AtomicPtr<Offsets> = AtomicPtr::new(null_mut());

fn offsets() -> &'static Offsets {
    if MAPPED.load(Ordering::Acquire).is_null() {
        // Two threads may both map it.
        MAPPED.store(map(), Ordering::Release);
    }
    // SAFETY: the mapping, or `NONE`, lives as long as the process.
    unsafe { MAPPED.load(Ordering::Acquire).as_ref() }.unwrap_or(&NONE)
}

/// The file's mapping, or nothing if there is no such file.
fn map() -> *mut Offsets {
    // SAFETY: plain calls with a constant string, the one of the environment, and no other pointer.
    unsafe {
        let path = libc::getenv(c"OFFSET_CLOCK".as_ptr());
        if path.is_null() {
            return null_mut();
        }
        let file = libc::open(path, libc::O_RDONLY | libc::O_CLOEXEC);
        let size = size_of::<Offsets>();
        let address = libc::mmap(null_mut(), size, libc::PROT_READ, libc::MAP_SHARED, file, 0);
        libc::close(file);
        if address == libc::MAP_FAILED { null_mut() } else { address.cast() }
    }
}

fn offset(clock: clockid_t) -> i64 {
    match clock {
        libc::CLOCK_REALTIME | libc::CLOCK_REALTIME_COARSE => {
            offsets().wall.load(Ordering::Relaxed)
        }
        libc::CLOCK_MONOTONIC
        | libc::CLOCK_MONOTONIC_COARSE
        | libc::CLOCK_MONOTONIC_RAW
        | libc::CLOCK_BOOTTIME => offsets().monotonic.load(Ordering::Relaxed),
        _ => 0,
    }
}

/// In place of libc's.
///
/// # Safety
/// As libc's: `out` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: clockid_t, out: *mut timespec) -> c_int {
    // SAFETY: the caller's promise.
    let result = unsafe { libc::syscall(libc::SYS_clock_gettime, clock, out) };
    // SAFETY: the same; a bad pointer has made the call above fail.
    if result == 0
        && let Some(out) = unsafe { out.as_mut() }
    {
        out.tv_sec += offset(clock);
    }
    c_int::try_from(result).unwrap_or(-1)
}

/// In place of libc's.
///
/// # Safety
/// As libc's: `out` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gettimeofday(out: *mut timeval, _zone: *mut c_void) -> c_int {
    // SAFETY: the caller's promise.
    if let Some(out) = unsafe { out.as_mut() } {
        let now = wall();
        *out = timeval { tv_sec: now.tv_sec, tv_usec: now.tv_nsec / 1_000 };
    }
    0
}

/// In place of libc's.
///
/// # Safety
/// As libc's: `out` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn time(out: *mut time_t) -> time_t {
    let now = wall().tv_sec;
    // SAFETY: the caller's promise.
    if let Some(out) = unsafe { out.as_mut() } {
        *out = now;
    }
    now
}

fn wall() -> timespec {
    let mut now = timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a variable of this function.
    unsafe { clock_gettime(libc::CLOCK_REALTIME, &raw mut now) };
    now
}
