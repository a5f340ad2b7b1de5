// The C interface of one Verilated model. One call may run many cycles: the inner loops are here.
//
// Every function that evaluates the model returns an MgStatus; mg_message() tells what went wrong.
#include "mg_ports.h"
#include "sim.h"

// Set on entry, so that the callbacks of the Verilated runtime know whose message they carry.
static thread_local Sim* current = nullptr;

static std::string place(const char* file, int line) {
    return file && *file ? std::string(file) + ":" + std::to_string(line) + ": " : std::string();
}

// The runtime's own versions of these three end the process.
void vl_finish(const char*, int, const char*) {}
void vl_stop(const char* file, int line, const char* hier) {
    if (!current || current->stopped) return;
    current->stopped = true;
    current->message = place(file, line) + "$stop, $fatal or a failed assertion";
    if (hier && *hier) current->message += std::string(" in ") + hier;
}
void vl_fatal(const char* file, int line, const char*, const char* text) {
    // Must not return: the caller may be a loop that does not converge.
    throw std::runtime_error(place(file, line) + (text ? text : "fatal error"));
}

Sim* mg_enter(void* handle) {
    current = static_cast<Sim*>(handle);
    return current;
}

template <class Body>
static int guarded(void* handle, Body body) {
    Sim* sim = mg_enter(handle);
    if (sim->stopped) return MG_STOPPED;
    try {
        body(*sim);
    } catch (const std::exception& e) {
        sim->stopped = true;
        sim->message = e.what();
    }
    return sim->stopped ? MG_STOPPED : MG_OK;
}

MG_ABI uint32_t mg_abi() { return MG_ABI_VERSION; }
MG_ABI uint32_t mg_port_count() { return MG_PORT_COUNT; }
MG_ABI const char* mg_port_name(uint32_t port) { return MG_PORT_TABLE[port].name; }
MG_ABI uint32_t mg_port_width(uint32_t port) { return MG_PORT_TABLE[port].width; }
MG_ABI uint32_t mg_port_output(uint32_t port) { return MG_PORT_TABLE[port].output; }
MG_ABI int64_t mg_clock_port() { return MG_CLK_INDEX; }
MG_ABI int64_t mg_reset_port() { return MG_RST_INDEX; }
MG_ABI uint32_t mg_trace_kind() { return MG_TRACE; }

MG_ABI void* mg_create() {
    try {
        Sim* sim = new Sim;
        guarded(sim, [](Sim& s) { s.low(); });
        return sim;
    } catch (const std::exception&) {
        return nullptr;
    }
}
MG_ABI void mg_destroy(void* handle) {
    Sim* sim = mg_enter(handle);
    try {
        delete sim;
    } catch (const std::exception&) {
    }
    current = nullptr;
}

MG_ABI const char* mg_message(void* handle) { return static_cast<Sim*>(handle)->message.c_str(); }
MG_ABI uint64_t mg_cycles(void* handle) { return static_cast<Sim*>(handle)->cycles; }

MG_ABI void mg_poke(void* handle, uint32_t port, const uint32_t* words) {
    MG_PORT_TABLE[port].put(*static_cast<Sim*>(handle)->dut, words);
}
MG_ABI void mg_peek(void* handle, uint32_t port, uint32_t* words) {
    MG_PORT_TABLE[port].get(*static_cast<Sim*>(handle)->dut, words);
}
MG_ABI int mg_eval(void* handle) {
    return guarded(handle, [](Sim& s) { s.low(); });
}
MG_ABI int mg_tick(void* handle, uint64_t n) {
    return guarded(handle, [n](Sim& s) { s.tick(n); });
}
MG_ABI int mg_reset(void* handle, uint64_t n) {
    return guarded(handle, [n](Sim& s) { s.reset(n); });
}

// inputs: n times the words of `in_ports` in their order; outputs likewise, sampled before the rising edge.
MG_ABI int mg_run_vectors(void* handle, const uint32_t* in_ports, uint32_t in_count, const uint32_t* out_ports,
                          uint32_t out_count, const uint32_t* inputs, uint32_t* outputs, uint64_t n) {
    return guarded(handle, [=](Sim& s) {
        const uint32_t* in = inputs;
        uint32_t* out = outputs;
        for (uint64_t cycle = 0; cycle < n && !s.stopped; ++cycle) {
            for (uint32_t i = 0; i < in_count; ++i) {
                const MgPort& port = MG_PORT_TABLE[in_ports[i]];
                port.put(*s.dut, in);
                in += port.words;
            }
            s.low();
            for (uint32_t i = 0; i < out_count; ++i) {
                const MgPort& port = MG_PORT_TABLE[out_ports[i]];
                port.get(*s.dut, out);
                out += port.words;
            }
            s.high();
        }
        s.low();
    });
}

MG_ABI void mg_record(void* handle, int on) { static_cast<Sim*>(handle)->recording = on != 0; }
MG_ABI uint64_t mg_record_words(void* handle) { return static_cast<Sim*>(handle)->record.size(); }
// Copies the recording out and empties it.
MG_ABI void mg_record_take(void* handle, uint32_t* out) {
    std::vector<uint32_t>& record = static_cast<Sim*>(handle)->record;
    std::memcpy(out, record.data(), record.size() * sizeof(uint32_t));
    std::vector<uint32_t>().swap(record);
}

MG_ABI int mg_trace_open(void* handle, const char* path, uint64_t start, uint64_t stop) {
    return mg_enter(handle)->trace_open(path, start, stop);
}
MG_ABI void mg_trace_close(void* handle) { mg_enter(handle)->trace_close(); }
