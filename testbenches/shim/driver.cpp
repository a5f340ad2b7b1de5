// The C interface of the design driver. A handle made by mgd_create also serves every mg_ function.
#include "driver.h"

static Driver* driver_of(void* handle) { return static_cast<Driver*>(static_cast<Sim*>(handle)); }

template <class Body>
static int driven(void* handle, Body body) {
    int status = MG_OK;
    const int stopped = guarded(handle, [&](Sim&) { status = body(*driver_of(handle)); });
    return stopped ? stopped : status;
}

MG_ABI void* mgd_create() {
    try {
        Sim* sim = new Driver;
        guarded(sim, [](Sim& s) { s.low(); });
        return sim;
    } catch (const std::exception&) {
        return nullptr;
    }
}
// lanes, words of programming data, words of configuration data, lanes of a tap, words of one log entry
MG_ABI void mgd_shape(uint32_t* out) {
    out[0] = MG_LANES;
    out[1] = MG_PROG_DATA_WORDS;
    out[2] = MG_CFG_DATA_WORDS;
    out[3] = MG_TAP_LANES;
    out[4] = MG_TAP_STRIDE;
}
MG_ABI void mgd_options(void* handle, uint64_t patience, uint32_t stall, uint64_t seed) {
    Driver* d = driver_of(handle);
    d->patience = patience;
    d->stall = stall;
    d->random = seed * 2 + 1;  // xorshift must not start at 0
}

MG_ABI int mgd_program(void* handle, const uint32_t* items, uint64_t n) {
    return driven(handle, [=](Driver& d) { return d.program(items, n); });
}
MG_ABI int mgd_config(void* handle, const uint32_t* items, uint64_t n) {
    return driven(handle, [=](Driver& d) { return d.config(items, n); });
}
MG_ABI int mgd_command(void* handle, uint32_t op, uint32_t arg) {
    return driven(handle, [=](Driver& d) { return d.command(op, arg); });
}
MG_ABI int mgd_idle(void* handle, uint64_t max) {
    return driven(handle, [=](Driver& d) { return d.idle(max); });
}
MG_ABI int mgd_send(void* handle, const uint8_t* bytes, uint64_t words) {
    return driven(handle, [=](Driver& d) { return d.send(bytes, words); });
}
MG_ABI int mgd_receive(void* handle, uint64_t max_words) {
    return driven(handle, [=](Driver& d) { return d.receive(max_words); });
}
MG_ABI int mgd_run(void* handle, uint32_t arg, uint64_t max, MgRun* report) {
    return driven(handle, [=](Driver& d) { return d.run(arg, max, *report); });
}

MG_ABI uint64_t mgd_received(void* handle) { return driver_of(handle)->received.size(); }
MG_ABI void mgd_received_take(void* handle, uint8_t* out) {
    std::vector<uint8_t>& bytes = driver_of(handle)->received;
    std::memcpy(out, bytes.data(), bytes.size());
    std::vector<uint8_t>().swap(bytes);
}
// Two numbers, busy and array cycles, for each of the layers counted by the last mgd_run.
MG_ABI void mgd_layers(void* handle, uint64_t* out) {
    const std::vector<uint64_t>& layers = driver_of(handle)->layers;
    std::memcpy(out, layers.data(), layers.size() * sizeof(uint64_t));
}

MG_ABI void mgd_taps_clear(void* handle) { driver_of(handle)->taps.clear(); }
MG_ABI void mgd_taps_expect(void* handle, int64_t layer, const uint8_t* bytes, const uint8_t* mask, uint64_t size) {
    driver_of(handle)->taps.expect(layer, bytes, mask, size);
}
MG_ABI void mgd_taps_report(void* handle, MgCompare* out) { *out = driver_of(handle)->taps.report(); }
MG_ABI void mgd_taps_log(void* handle, int on) { driver_of(handle)->taps.logging = on != 0; }
MG_ABI uint64_t mgd_taps_log_words(void* handle) { return driver_of(handle)->taps.log.size(); }
MG_ABI void mgd_taps_log_take(void* handle, uint32_t* out) {
    std::vector<uint32_t>& log = driver_of(handle)->taps.log;
    std::memcpy(out, log.data(), log.size() * sizeof(uint32_t));
    std::vector<uint32_t>().swap(log);
}
