// Drives the ports of a whole design: programming, configuration, commands, data in and data out.
//
// Every transfer follows valid/ready: it happens at a rising edge at which both are 1, and a word that is offered stays
// until it is taken.
#ifndef MEMGAN_DRIVER_H
#define MEMGAN_DRIVER_H

#include "sim.h"
#include "taps.h"

static constexpr uint32_t MG_LANES = MG_W_in_data_i / 8;
static_assert(MG_W_in_data_i % 8 == 0 && MG_W_out_data_o == MG_W_in_data_i, "data ports must be equal numbers of bytes");
static constexpr uint32_t MG_DATA_WORDS = (MG_W_in_data_i + 31) / 32;
static constexpr uint32_t MG_PROG_DATA_WORDS = (MG_W_prog_data_i + 31) / 32;
static constexpr uint32_t MG_PROG_STRIDE = 3 + MG_PROG_DATA_WORDS;  // tile, row, group, data
static constexpr uint32_t MG_CFG_DATA_WORDS = (MG_W_cfg_data_i + 31) / 32;
static constexpr uint32_t MG_CFG_STRIDE = 2 + MG_CFG_DATA_WORDS;  // space, address, data
static constexpr uint32_t MG_OP_RUN = 3;

// Mirrored in ffi.rs.
struct MgRun {
    uint64_t accepted;  // cycle at whose rising edge the command was taken
    uint64_t busy;      // rising edges after that one at which busy_o was 1
    uint64_t array;     // of these, with array_active_o
    uint64_t layers;    // entries of the per-layer list
};

// `op_o` indexes the per-layer list, so a wide one that runs wild must not exhaust the memory.
static constexpr uint32_t MG_MAX_LAYERS = 1 << 16;

class Driver final : public Sim {
  public:
    Sim& sim = *this;
    Taps taps;
    std::vector<uint8_t> received;
    std::vector<uint64_t> layers;  // busy, array for each value of op_o
    uint64_t patience = 1000000;   // cycles without progress before a transfer counts as hung
    uint32_t stall = 0;            // probability in 1/65536 of a pause before a word is offered or taken
    uint64_t random = 1;

    void reset(uint64_t n) override {
        held_ = false;
        Sim::reset(n);
    }
    int idle(uint64_t max) {
        for (uint64_t i = 0;; ++i) {
            sim.low();
            if (!sim.dut->busy_o) return MG_OK;
            if (i >= max) return timeout("busy_o did not fall", max);
            if (int status = commit()) return status;
        }
    }

    int command(uint32_t op, uint32_t arg) {
        MG_TOP& d = *sim.dut;
        return stream("command", 1, d.cmd_valid_i, d.cmd_ready_o, [&](uint64_t) {
            mg_put<MG_W_cmd_op_i>(d.cmd_op_i, &op);
            mg_put<MG_W_cmd_arg_i>(d.cmd_arg_i, &arg);
        });
    }
    int program(const uint32_t* items, uint64_t n) {
        MG_TOP& d = *sim.dut;
        return stream("prog", n, d.prog_valid_i, d.prog_ready_o, [&](uint64_t i) {
            const uint32_t* item = items + i * MG_PROG_STRIDE;
            mg_put<MG_W_prog_tile_i>(d.prog_tile_i, item);
            mg_put<MG_W_prog_row_i>(d.prog_row_i, item + 1);
            mg_put<MG_W_prog_group_i>(d.prog_group_i, item + 2);
            mg_put<MG_W_prog_data_i>(d.prog_data_i, item + 3);
        });
    }
    int config(const uint32_t* items, uint64_t n) {
        MG_TOP& d = *sim.dut;
        return stream("cfg", n, d.cfg_valid_i, d.cfg_ready_o, [&](uint64_t i) {
            const uint32_t* item = items + i * MG_CFG_STRIDE;
            mg_put<MG_W_cfg_space_i>(d.cfg_space_i, item);
            mg_put<MG_W_cfg_addr_i>(d.cfg_addr_i, item + 1);
            mg_put<MG_W_cfg_data_i>(d.cfg_data_i, item + 2);
        });
    }
    int send(const uint8_t* bytes, uint64_t n) {
        MG_TOP& d = *sim.dut;
        return stream("in", n, d.in_valid_i, d.in_ready_o, [&](uint64_t i) {
            uint32_t words[MG_DATA_WORDS] = {0};
            for (uint32_t lane = 0; lane < MG_LANES; ++lane) {
                words[lane / 4] |= static_cast<uint32_t>(bytes[i * MG_LANES + lane]) << (lane % 4 * 8);
            }
            mg_put<MG_W_in_data_i>(d.in_data_i, words);
        });
    }
    // Takes words until the one with out_last_o.
    int receive(uint64_t max_words) {
        MG_TOP& d = *sim.dut;
        received.clear();
        uint64_t words = 0;
        for (uint64_t waited = 0;;) {
            const bool ready = !pause();
            d.out_ready_i = ready;
            sim.low();
            const bool taken = ready && d.out_valid_o;
            const bool last = d.out_last_o;
            if (taken) {
                uint32_t data[MG_DATA_WORDS];
                mg_get<MG_W_out_data_o>(d.out_data_o, data);
                for (uint32_t lane = 0; lane < MG_LANES; ++lane) {
                    received.push_back(static_cast<uint8_t>(data[lane / 4] >> (lane % 4 * 8)));
                }
                ++words;
                waited = 0;
            }
            if (int status = commit()) return status;
            if (taken && last) break;
            if (words >= max_words) return fail(MG_PROTOCOL, "out: no out_last_o after " + std::to_string(words) + " words");
            if (!taken && ++waited > patience) return timeout("out: word " + std::to_string(words) + " not offered", patience);
        }
        d.out_ready_i = 0;
        sim.low();
        return MG_OK;
    }
    int run(uint32_t arg, uint64_t max, MgRun& report) {
        report = MgRun{};
        layers.clear();
        if (int status = command(MG_OP_RUN, arg)) return status;
        report.accepted = sim.cycles - 1;
        MG_TOP& d = *sim.dut;
        for (;; ++report.busy) {
            sim.low();
            if (!d.busy_o) break;
            if (report.busy >= max) return timeout("run: busy_o did not fall", max);
            uint32_t layer = 0;
            bool array = false;
#if MG_HAS_op_o
            mg_get<MG_W_op_o>(d.op_o, &layer);
#endif
#if MG_HAS_array_active_o
            array = d.array_active_o;
#endif
            if (layer >= MG_MAX_LAYERS) return fail(MG_PROTOCOL, "run: op_o is " + std::to_string(layer));
            if (layers.size() < 2 * (layer + std::size_t{1})) layers.resize(2 * (layer + std::size_t{1}));
            layers[2 * layer] += 1;
            layers[2 * layer + 1] += array;
            report.array += array;
            if (int status = commit()) return status;
        }
        report.layers = layers.size() / 2;
        if (report.busy == 0) return fail(MG_PROTOCOL, "run: busy_o is 0 in the cycle after the command was taken");
        return MG_OK;
    }

  private:
    bool held_ = false;  // a word was offered on out_* in the last cycle and not taken
    uint32_t held_data_[MG_DATA_WORDS] = {0};

    int fail(int status, const std::string& text) {
        sim.message = text + " (cycle " + std::to_string(sim.cycles) + ")";
        return status;
    }
    int timeout(const std::string& text, uint64_t cycles) {
        return fail(MG_TIMEOUT, text + " within " + std::to_string(cycles) + " cycles");
    }
    bool pause() {
        if (stall == 0) return false;
        random ^= random << 13;  // xorshift64
        random ^= random >> 7;
        random ^= random << 17;
        return (random >> 32 & 0xffff) < stall;
    }
    // The rest of a cycle whose inputs are applied and settled.
    int commit() {
        MG_TOP& d = *sim.dut;
        taps.sample(sim);
        if (held_ || d.out_valid_o) {
            uint32_t data[MG_DATA_WORDS];
            mg_get<MG_W_out_data_o>(d.out_data_o, data);
            if (held_ && !d.out_valid_o) return fail(MG_PROTOCOL, "out_valid_o fell before the word was taken");
            if (held_ && std::memcmp(data, held_data_, sizeof data)) {
                return fail(MG_PROTOCOL, "out_data_o changed before the word was taken");
            }
            held_ = !d.out_ready_i;
            std::memcpy(held_data_, data, sizeof data);
        }
        sim.high();
        return sim.stopped ? MG_STOPPED : MG_OK;
    }
    template <class Valid, class Ready, class Put>
    int stream(const char* channel, uint64_t n, Valid& valid, const Ready& ready, Put put) {
        bool offered = false;
        uint64_t waited = 0;
        for (uint64_t i = 0; i < n;) {
            if (!offered && !pause()) {
                put(i);
                valid = 1;
                offered = true;
            }
            sim.low();
            const bool taken = offered && ready;
            if (int status = commit()) return status;
            if (taken) {
                ++i;
                waited = 0;
                offered = false;
                valid = 0;
            } else if (++waited > patience) {
                valid = 0;
                return timeout(std::string(channel) + ": word " + std::to_string(i) + " of " + std::to_string(n) + " not taken",
                               patience);
            }
        }
        sim.low();
        return MG_OK;
    }
};

#endif
