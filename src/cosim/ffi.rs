//! The only unsafe code: the C interface of the libraries that [`super::build`] makes.
//!
//! Safe to use from outside because a [`Handle`] owns its simulation, checks port numbers and buffer lengths before
//! every call, and belongs to one thread at a time. Libraries are never unloaded.

use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use libloading::Library;

use super::error::{CosimError, Result};
use super::ports::{Direction, Port};

/// Version of the C interface; part of every cache key.
pub(super) const ABI: u32 = 1;

/// `MgDifference` of taps.h.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RawDifference {
    pub present: u64,
    pub cycle: u64,
    pub address: u64,
    pub layer: u32,
    pub expected: u8,
    pub got: u8,
    pad: [u8; 2],
}

/// `MgCompare` of taps.h.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RawCompare {
    pub writes: u64,
    pub checked: u64,
    pub wrong: u64,
    pub unwritten: u64,
    pub outside: u64,
    pub unchecked: u64,
    pub first: RawDifference,
    pub first_unwritten: RawDifference,
}

/// `MgRun` of driver.h.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RawRun {
    pub accepted: u64,
    pub busy: u64,
    pub array: u64,
    pub layers: u64,
}

/// What `mgd_shape` tells.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RawShape {
    pub lanes: u32,
    pub prog_words: u32,
    pub cfg_words: u32,
    pub tap_lanes: u32,
    pub log_stride: u32,
}

macro_rules! functions {
    ($table:ident { $($field:ident = $symbol:literal : fn($($arg:ty),*) $(-> $ret:ty)?;)* }) => {
        struct $table { $($field: unsafe extern "C" fn($($arg),*) $(-> $ret)?,)* }
        impl $table {
            /// # Safety
            /// The library must be one that [`super::build`] made for this [`ABI`]: the types are not checked.
            unsafe fn load(library: &Library) -> std::result::Result<Self, libloading::Error> {
                // SAFETY: the caller vouches for the types, which are written once here and once in the C++.
                unsafe { Ok(Self { $($field: *library.get($symbol)?,)* }) }
            }
        }
    };
}

functions!(Model {
    create = b"mg_create": fn() -> *mut c_void;
    destroy = b"mg_destroy": fn(*mut c_void);
    port_count = b"mg_port_count": fn() -> u32;
    port_name = b"mg_port_name": fn(u32) -> *const c_char;
    port_width = b"mg_port_width": fn(u32) -> u32;
    port_output = b"mg_port_output": fn(u32) -> u32;
    clock_port = b"mg_clock_port": fn() -> i64;
    reset_port = b"mg_reset_port": fn() -> i64;
    trace_kind = b"mg_trace_kind": fn() -> u32;
    message = b"mg_message": fn(*mut c_void) -> *const c_char;
    cycles = b"mg_cycles": fn(*mut c_void) -> u64;
    poke = b"mg_poke": fn(*mut c_void, u32, *const u32);
    peek = b"mg_peek": fn(*mut c_void, u32, *mut u32);
    eval = b"mg_eval": fn(*mut c_void) -> c_int;
    tick = b"mg_tick": fn(*mut c_void, u64) -> c_int;
    reset = b"mg_reset": fn(*mut c_void, u64) -> c_int;
    run_vectors = b"mg_run_vectors":
        fn(*mut c_void, *const u32, u32, *const u32, u32, *const u32, *mut u32, u64) -> c_int;
    record = b"mg_record": fn(*mut c_void, c_int);
    record_words = b"mg_record_words": fn(*mut c_void) -> u64;
    record_take = b"mg_record_take": fn(*mut c_void, *mut u32);
    trace_open = b"mg_trace_open": fn(*mut c_void, *const c_char, u64, u64) -> c_int;
    trace_close = b"mg_trace_close": fn(*mut c_void);
});

functions!(Design {
    create = b"mgd_create": fn() -> *mut c_void;
    shape = b"mgd_shape": fn(*mut RawShape);
    options = b"mgd_options": fn(*mut c_void, u64, u32, u64);
    program = b"mgd_program": fn(*mut c_void, *const u32, u64) -> c_int;
    config = b"mgd_config": fn(*mut c_void, *const u32, u64) -> c_int;
    command = b"mgd_command": fn(*mut c_void, u32, u32) -> c_int;
    idle = b"mgd_idle": fn(*mut c_void, u64) -> c_int;
    send = b"mgd_send": fn(*mut c_void, *const u8, u64) -> c_int;
    receive = b"mgd_receive": fn(*mut c_void, u64) -> c_int;
    run = b"mgd_run": fn(*mut c_void, u32, u64, *mut RawRun) -> c_int;
    received = b"mgd_received": fn(*mut c_void) -> u64;
    received_take = b"mgd_received_take": fn(*mut c_void, *mut u8);
    layers = b"mgd_layers": fn(*mut c_void, *mut u64);
    taps_clear = b"mgd_taps_clear": fn(*mut c_void);
    taps_expect = b"mgd_taps_expect": fn(*mut c_void, i64, *const u8, *const u8, u64);
    taps_report = b"mgd_taps_report": fn(*mut c_void, *mut RawCompare);
    taps_log = b"mgd_taps_log": fn(*mut c_void, c_int);
    taps_log_words = b"mgd_taps_log_words": fn(*mut c_void) -> u64;
    taps_log_take = b"mgd_taps_log_take": fn(*mut c_void, *mut u32);
});

/// A loaded library.
pub(super) struct Api {
    model: Model,
    design: Option<Design>,
    pub ports: Vec<Port>,
    pub clock: Option<usize>,
    pub reset: Option<usize>,
    /// 0 none, 1 VCD, 2 FST.
    pub trace: u32,
}

static LOADED: Mutex<Option<HashMap<PathBuf, &'static Api>>> = Mutex::new(None);

impl Api {
    /// Loads a library once and for ever.
    pub fn load(path: &Path) -> Result<&'static Self> {
        let error = |problem: String| CosimError::Load { path: path.to_path_buf(), problem };
        let path = std::fs::canonicalize(path).map_err(|e| error(e.to_string()))?;
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = loaded.get_or_insert_default();
        if let Some(api) = loaded.get(&path) {
            return Ok(api);
        }
        // SAFETY: the library's initialisers are those of the C++ runtime and of Verilator's, which only fill their own
        // statics. It is leaked, so that nothing it handed out can dangle.
        let library = Box::leak(Box::new(unsafe { Library::new(&path) }.map_err(|e| error(e.to_string()))?));
        // SAFETY: every version of the shim has this function with this type.
        let abi = unsafe { library.get::<unsafe extern "C" fn() -> u32>(b"mg_abi").map(|f| f()) };
        if abi.as_ref().ok() != Some(&ABI) {
            return Err(error("it is not a model built by this version".into()));
        }
        // SAFETY: the library has just told that it has the interface of this version.
        let model = unsafe { Model::load(library) }.map_err(|e| error(e.to_string()))?;
        // SAFETY: as above; a model without the driver has none of these symbols.
        let design = unsafe { Design::load(library) }.ok();
        let api: &'static Self = Box::leak(Box::new(Self::described(model, design)));
        loaded.insert(path, api);
        Ok(api)
    }

    fn described(model: Model, design: Option<Design>) -> Self {
        // SAFETY: these functions read constants of the library; names are literals and live as long as it does.
        let (ports, clock, reset, trace) = unsafe {
            let port = |i| Port {
                name: CStr::from_ptr((model.port_name)(i)).to_string_lossy().into_owned(),
                width: (model.port_width)(i),
                direction: if (model.port_output)(i) == 0 { Direction::Input } else { Direction::Output },
            };
            let ports = (0..(model.port_count)()).map(port).collect();
            (ports, (model.clock_port)(), (model.reset_port)(), (model.trace_kind)())
        };
        Self { model, design, ports, clock: usize::try_from(clock).ok(), reset: usize::try_from(reset).ok(), trace }
    }
}

/// One simulation.
pub(super) struct Handle {
    pub api: &'static Api,
    raw: *mut c_void,
}

// SAFETY: the simulation keeps its state in its own context; the shim's thread-local only names the simulation whose
// call is in progress. Nothing ties it to the thread that made it, and `Handle` is not `Sync`.
unsafe impl Send for Handle {}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: `raw` came from a create function of this library and is not used after this.
        unsafe { (self.api.model.destroy)(self.raw) }
    }
}

/// Calls a function of the library with this simulation.
macro_rules! call {
    ($self:ident . $table:ident . $name:ident ( $($arg:expr),* )) => {
        // SAFETY: `raw` is a live simulation of this library; the method that calls has checked every port number and
        // passes pointers to buffers of the length that the function reads or writes.
        unsafe { ($self.api.$table.$name)($self.raw $(, $arg)*) }
    };
    (design $self:ident . $name:ident ( $($arg:expr),* )) => {{
        let design = $self.design();
        // SAFETY: as above; a simulation with a design table was made by `mgd_create`.
        unsafe { (design.$name)($self.raw $(, $arg)*) }
    }};
}

impl Handle {
    /// A new simulation, evaluated once; with the design driver if `design`.
    pub fn create(api: &'static Api, design: bool) -> Result<Self> {
        let create = match (&api.design, design) {
            (Some(d), true) => d.create,
            (None, true) => return Err(CosimError::Data("the model was built without the design driver".into())),
            (_, false) => api.model.create,
        };
        // SAFETY: takes nothing and returns a simulation or null.
        let raw = unsafe { create() };
        if raw.is_null() {
            return Err(CosimError::Data("the model cannot be constructed".into()));
        }
        Ok(Self { api, raw })
    }

    fn design(&self) -> &'static Design {
        self.api.design.as_ref().expect("a handle with driver calls was created with the driver")
    }

    /// Turns a status of the shim into a result.
    fn status(&self, status: c_int) -> Result<()> {
        if status == 0 {
            return Ok(());
        }
        // SAFETY: the text lives until the next call with this simulation.
        let message = unsafe { CStr::from_ptr((self.api.model.message)(self.raw)) }.to_string_lossy().into_owned();
        Err(match status {
            2 => CosimError::Timeout(message),
            3 => CosimError::Protocol(message),
            4 => CosimError::Data(message),
            _ => CosimError::Stopped { message, cycle: self.cycles() },
        })
    }

    pub fn cycles(&self) -> u64 {
        call!(self.model.cycles())
    }

    pub fn poke(&mut self, port: usize, words: &[u32]) {
        assert_eq!(words.len(), self.api.ports[port].words());
        call!(self.model.poke(port as u32, words.as_ptr()));
    }

    pub fn peek(&self, port: usize, words: &mut [u32]) {
        assert_eq!(words.len(), self.api.ports[port].words());
        call!(self.model.peek(port as u32, words.as_mut_ptr()));
    }

    pub fn eval(&mut self) -> Result<()> {
        self.status(call!(self.model.eval()))
    }

    pub fn tick(&mut self, n: u64) -> Result<()> {
        self.status(call!(self.model.tick(n)))
    }

    pub fn reset(&mut self, n: u64) -> Result<()> {
        self.status(call!(self.model.reset(n)))
    }

    /// Drives `n` cycles; `outputs` gets the words of `outs` for each.
    pub fn run_vectors(
        &mut self,
        ins: &[u32],
        outs: &[u32],
        inputs: &[u32],
        outputs: &mut [u32],
        n: usize,
    ) -> Result<()> {
        let words = |list: &[u32]| list.iter().map(|&p| self.api.ports[p as usize].words()).sum::<usize>();
        assert!(inputs.len() == n * words(ins) && outputs.len() == n * words(outs));
        self.status(call!(self.model.run_vectors(
            ins.as_ptr(),
            ins.len() as u32,
            outs.as_ptr(),
            outs.len() as u32,
            inputs.as_ptr(),
            outputs.as_mut_ptr(),
            n as u64
        )))
    }

    pub fn record(&mut self, on: bool) {
        call!(self.model.record(c_int::from(on)));
    }

    pub fn take_record(&mut self) -> Vec<u32> {
        let mut words = vec![0; call!(self.model.record_words()) as usize];
        call!(self.model.record_take(words.as_mut_ptr()));
        words
    }

    pub fn trace_open(&mut self, path: &CStr, start: u64, stop: u64) -> Result<()> {
        self.status(call!(self.model.trace_open(path.as_ptr(), start, stop)))
    }

    pub fn trace_close(&mut self) {
        call!(self.model.trace_close());
    }
}

/// The design driver; every method needs a handle created with it.
impl Handle {
    pub fn shape(&self) -> RawShape {
        let mut shape = RawShape::default();
        // SAFETY: fills the five numbers of the structure.
        unsafe { (self.design().shape)(&mut shape) };
        shape
    }

    pub fn options(&mut self, patience: u64, stall: u32, seed: u64) {
        call!(design self.options(patience, stall, seed));
    }

    /// `items` hold tile, row, group and data of each word.
    pub fn program(&mut self, items: &[u32]) -> Result<()> {
        let stride = 3 + self.shape().prog_words as usize;
        assert_eq!(items.len() % stride, 0);
        self.status(call!(design self.program(items.as_ptr(), (items.len() / stride) as u64)))
    }

    /// `items` hold space, address and data of each word.
    pub fn config(&mut self, items: &[u32]) -> Result<()> {
        let stride = 2 + self.shape().cfg_words as usize;
        assert_eq!(items.len() % stride, 0);
        self.status(call!(design self.config(items.as_ptr(), (items.len() / stride) as u64)))
    }

    pub fn command(&mut self, op: u32, arg: u32) -> Result<()> {
        self.status(call!(design self.command(op, arg)))
    }

    pub fn idle(&mut self, max: u64) -> Result<()> {
        self.status(call!(design self.idle(max)))
    }

    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let lanes = self.shape().lanes as usize;
        assert_eq!(bytes.len() % lanes, 0);
        self.status(call!(design self.send(bytes.as_ptr(), (bytes.len() / lanes) as u64)))
    }

    pub fn receive(&mut self, max_words: u64) -> Result<Vec<u8>> {
        self.status(call!(design self.receive(max_words)))?;
        let mut bytes = vec![0; call!(design self.received()) as usize];
        call!(design self.received_take(bytes.as_mut_ptr()));
        Ok(bytes)
    }

    /// The report and, for each layer, its busy and its array cycles.
    pub fn run(&mut self, arg: u32, max: u64) -> Result<(RawRun, Vec<u64>)> {
        let mut report = RawRun::default();
        self.status(call!(design self.run(arg, max, &mut report)))?;
        let mut layers = vec![0; 2 * report.layers as usize];
        call!(design self.layers(layers.as_mut_ptr()));
        Ok((report, layers))
    }

    pub fn taps_clear(&mut self) {
        call!(design self.taps_clear());
    }

    /// `layer` -1 means every layer without an image of its own.
    pub fn taps_expect(&mut self, layer: i64, bytes: &[u8], mask: Option<&[u8]>) {
        assert!(mask.is_none_or(|m| m.len() == bytes.len()));
        let mask = mask.map_or(std::ptr::null(), <[u8]>::as_ptr);
        call!(design self.taps_expect(layer, bytes.as_ptr(), mask, bytes.len() as u64));
    }

    pub fn taps_report(&self) -> RawCompare {
        let mut report = RawCompare::default();
        call!(design self.taps_report(&mut report));
        report
    }

    pub fn taps_log(&mut self, on: bool) {
        call!(design self.taps_log(c_int::from(on)));
    }

    pub fn take_taps_log(&mut self) -> Vec<u32> {
        let mut words = vec![0; call!(design self.taps_log_words()) as usize];
        call!(design self.taps_log_take(words.as_mut_ptr()));
        words
    }
}

/// A path for the C side.
pub(super) fn c_path(path: &Path) -> Result<CString> {
    CString::new(path.as_os_str().as_encoded_bytes())
        .map_err(|_| CosimError::Data(format!("{} contains a NUL byte", path.display())))
}
