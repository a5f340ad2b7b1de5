// The simulation object that the generic shim and the design driver share.
//
// Included after the Verilated header and the generated "mg_ports.h", which defines
//   MG_TOP            the class made by Verilator
//   MG_PORTS(X)       X(name, width, direction) for every port; direction 0 = input, 1 = output
//   MG_W_<name>       width of a port in bits        MG_HAS_<name>   1 for every port there is
//   MG_CLK            clock port (absent in a combinational block)
//   MG_RST, MG_RST_ON reset port (optional) and the level at which it is active
//   MG_TRACE          0 no trace, 1 VCD, 2 FST
//
// One clock cycle is: inputs applied with the clock low, eval (everything settles), sample, rising edge, eval.
// Cycle k is the one that ends with rising edge k (counted from 0 at construction); in a trace it lies at 10k .. 10k+9.
#ifndef MEMGAN_SIM_H
#define MEMGAN_SIM_H

#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "verilated.h"
#if MG_TRACE == 1
#include "verilated_vcd_c.h"
using MgTrace = VerilatedVcdC;
#elif MG_TRACE == 2
#include "verilated_fst_c.h"
using MgTrace = VerilatedFstC;
#endif

#define MG_ABI extern "C" __attribute__((visibility("default")))

enum MgStatus : int { MG_OK = 0, MG_STOPPED = 1, MG_TIMEOUT = 2, MG_PROTOCOL = 3, MG_UNSUPPORTED = 4 };

// One accessor layer for all port sizes: CData .. QData hold up to 64 bits, VlWide more. Bits above the width are
// cleared on the way in because Verilated code relies on that.
template <int W, class T>
inline void mg_put(T& port, const uint32_t* words) {
    uint64_t value = words[0];
    if (W > 32) value |= static_cast<uint64_t>(words[1]) << 32;
    port = static_cast<T>(W >= 64 ? value : value & ((uint64_t{1} << (W % 64)) - 1));
}
template <int W, std::size_t N>
inline void mg_put(VlWide<N>& port, const uint32_t* words) {
    for (std::size_t i = 0; i < N; ++i) port[i] = words[i];
    if (W % 32) port[N - 1] &= (uint32_t{1} << (W % 32)) - 1;
}
template <int W, class T>
inline void mg_get(const T& port, uint32_t* words) {
    const uint64_t value = port;
    words[0] = static_cast<uint32_t>(value);
    if (W > 32) words[1] = static_cast<uint32_t>(value >> 32);
}
template <int W, std::size_t N>
inline void mg_get(const VlWide<N>& port, uint32_t* words) {
    for (std::size_t i = 0; i < N; ++i) words[i] = port[i];
}

struct MgPort {
    const char* name;
    uint32_t width;
    uint32_t words;
    uint32_t output;
    void (*put)(MG_TOP&, const uint32_t*);
    void (*get)(MG_TOP&, uint32_t*);
};

#define MG_PORT_ENTRY(name, width, output)                                         \
    {#name, width, ((width) + 31) / 32, output,                                    \
     [](MG_TOP& d, const uint32_t* w) { mg_put<width>(d.name, w); },               \
     [](MG_TOP& d, uint32_t* w) { mg_get<width>(d.name, w); }},
static const MgPort MG_PORT_TABLE[] = {MG_PORTS(MG_PORT_ENTRY)};
static constexpr uint32_t MG_PORT_COUNT = sizeof(MG_PORT_TABLE) / sizeof(MG_PORT_TABLE[0]);

class Sim {
  public:
    std::unique_ptr<VerilatedContext> context;
    std::unique_ptr<MG_TOP> dut;
    uint64_t cycles = 0;      // rising edges since construction
    bool stopped = false;     // $stop, $fatal or a failed assertion: no further evaluation makes sense
    std::string message;      // why
    bool recording = false;
    std::vector<uint32_t> record;  // every port but the clock, sampled before each rising edge

    Sim() : context(new VerilatedContext) {
#if MG_TRACE
        context->traceEverOn(true);
#endif
        dut.reset(new MG_TOP(context.get(), "TOP"));
        // Reset starts released: low from time 0 would give no falling edge to a block with asynchronous reset.
        set_reset(false);
    }
    virtual ~Sim() {
        trace_close();
        dut->final();
    }

    void low() {
#ifdef MG_CLK
        dut->MG_CLK = 0;
#endif
        dut->eval();
    }
    // The rising edge; everything must have settled with the clock low before.
    void high() {
        if (recording) take_record();
        dump(cycles * 10);
#ifdef MG_CLK
        dut->MG_CLK = 1;
        dut->eval();
#endif
        dump(cycles * 10 + 5);
        ++cycles;
        if (cycles == trace_stop_) trace_close();
    }
    void tick(uint64_t n) {
        for (uint64_t i = 0; i < n && !stopped; ++i) {
            low();
            high();
        }
        low();
    }
    void set_reset(bool active) {
#ifdef MG_RST
        dut->MG_RST = active == (MG_RST_ON == 1);
#else
        (void)active;
#endif
    }
    virtual void reset(uint64_t n) {
        set_reset(true);
        tick(n);
        set_reset(false);
        low();
    }

    // Writes the cycles start .. stop-1 (counted like `cycles`) to a file.
    int trace_open(const char* path, uint64_t start, uint64_t stop) {
#if MG_TRACE
        trace_close();
        trace_.reset(new MgTrace);
        dut->trace(trace_.get(), 99);
        trace_->open(path);
        trace_start_ = start * 10;
        trace_stop_ = stop;
        if (trace_->isOpen()) return MG_OK;
        trace_.reset();
        message = std::string("cannot write the trace ") + path;
        return MG_STOPPED;
#else
        (void)path, (void)start, (void)stop;
        message = "the model was built without tracing";
        return MG_UNSUPPORTED;
#endif
    }
    void trace_close() {
#if MG_TRACE
        if (trace_) trace_->close();
        trace_.reset();
#endif
    }

  private:
#if MG_TRACE
    std::unique_ptr<MgTrace> trace_;
#endif
    uint64_t trace_start_ = 0;
    uint64_t trace_stop_ = ~uint64_t{0};

    void dump(uint64_t time) {
#if MG_TRACE
        if (trace_ && time >= trace_start_) trace_->dump(time);
#else
        (void)time;
#endif
    }
    void take_record() {
        for (const MgPort& port : MG_PORT_TABLE) {
#ifdef MG_CLK
            if (&port == MG_PORT_TABLE + MG_CLK_INDEX) continue;
#endif
            const std::size_t at = record.size();
            record.resize(at + port.words);
            port.get(*dut, &record[at]);
        }
    }
};

#endif
