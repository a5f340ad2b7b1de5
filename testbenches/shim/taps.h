// Checks or logs every write of activations that the design shows on its tap ports.
//
// A tap is one memory word: L lanes of one byte, lane i at byte address L * tap_addr_o + i, written when mask bit i is
// set. An expected image says what each byte must be whenever it is written, for the writes of one layer or of all.
#ifndef MEMGAN_TAPS_H
#define MEMGAN_TAPS_H

#include "sim.h"

#if MG_HAS_tap_valid_o
static constexpr uint32_t MG_TAP_LANES = MG_W_tap_mask_o;
static_assert(MG_W_tap_data_o == 8 * MG_W_tap_mask_o, "tap_data_o must have eight bits for each bit of tap_mask_o");
#else
static constexpr uint32_t MG_TAP_LANES = 0;
#endif
static constexpr uint32_t MG_TAP_MASK_WORDS = (MG_TAP_LANES + 31) / 32;
static constexpr uint32_t MG_TAP_DATA_WORDS = (8 * MG_TAP_LANES + 31) / 32;
// cycle (low, high), layer, address (low, high), mask, data
static constexpr uint32_t MG_TAP_STRIDE = 5 + MG_TAP_MASK_WORDS + MG_TAP_DATA_WORDS;

// Mirrored in ffi.rs.
struct MgDifference {
    uint64_t present;
    uint64_t cycle;
    uint64_t address;
    uint32_t layer;
    uint8_t expected;
    uint8_t got;
    uint8_t pad[2];
};
struct MgCompare {
    uint64_t writes;        // tap words seen
    uint64_t checked;       // different bytes that were written and compared
    uint64_t wrong;         // of these, bytes that had a wrong value at least once
    uint64_t unwritten;     // bytes that had to be written and were not
    uint64_t outside;       // byte writes beyond the image
    uint64_t unchecked;     // byte writes that no image or no mask asks about
    MgDifference first;     // first wrong value or write beyond the image, in time
    MgDifference first_unwritten;  // lowest address; cycle and got mean nothing
};

class Taps {
  public:
    bool logging = false;
    std::vector<uint32_t> log;

    static constexpr int64_t ANY_LAYER = -1;

    void clear() {
        images_.clear();
        report_ = MgCompare{};
    }
    void expect(int64_t layer, const uint8_t* bytes, const uint8_t* mask, uint64_t size) {
        Image image;
        image.layer = layer;
        image.bytes.assign(bytes, bytes + size);
        image.state.resize(size);
        for (uint64_t i = 0; i < size; ++i) image.state[i] = mask == nullptr || mask[i] ? ASKED : 0;
        images_.push_back(std::move(image));
    }

    void sample(Sim& sim) {
#if MG_HAS_tap_valid_o
        const MG_TOP& d = *sim.dut;
        if (!d.tap_valid_o) return;
        ++report_.writes;
        if (images_.empty() && !logging) return;
        uint32_t mask[MG_TAP_MASK_WORDS];
        uint32_t data[MG_TAP_DATA_WORDS];
        uint32_t addr[2] = {0, 0};
        uint32_t layer = 0;
        mg_get<MG_W_tap_mask_o>(d.tap_mask_o, mask);
        mg_get<MG_W_tap_data_o>(d.tap_data_o, data);
        mg_get<MG_W_tap_addr_o>(d.tap_addr_o, addr);
#if MG_HAS_op_o
        mg_get<MG_W_op_o>(d.op_o, &layer);
#endif
        if (logging) {
            const uint32_t head[5] = {static_cast<uint32_t>(sim.cycles), static_cast<uint32_t>(sim.cycles >> 32), layer,
                                      addr[0], addr[1]};
            log.insert(log.end(), head, head + 5);
            log.insert(log.end(), mask, mask + MG_TAP_MASK_WORDS);
            log.insert(log.end(), data, data + MG_TAP_DATA_WORDS);
        }
        if (images_.empty()) return;
        const uint64_t base = ((static_cast<uint64_t>(addr[1]) << 32) | addr[0]) * MG_TAP_LANES;
        Image* image = find(layer);
        for (uint32_t lane = 0; lane < MG_TAP_LANES; ++lane) {
            if (!(mask[lane / 32] >> (lane % 32) & 1)) continue;
            const uint8_t got = static_cast<uint8_t>(data[lane / 4] >> (lane % 4 * 8));
            check(sim, image, layer, base + lane, got);
        }
#else
        (void)sim;
#endif
    }

    MgCompare report() const {
        MgCompare result = report_;
        for (const Image& image : images_) {
            for (uint64_t i = 0; i < image.state.size(); ++i) {
                const uint8_t state = image.state[i];
                if (!(state & ASKED)) continue;
                if (state & WRITTEN) {
                    ++result.checked;
                    if (state & WRONG) ++result.wrong;
                    continue;
                }
                ++result.unwritten;
                if (result.first_unwritten.present) continue;
                result.first_unwritten.present = 1;
                result.first_unwritten.address = i;
                result.first_unwritten.layer = static_cast<uint32_t>(image.layer);
                result.first_unwritten.expected = image.bytes[i];
            }
        }
        return result;
    }

  private:
    enum : uint8_t { ASKED = 1, WRITTEN = 2, WRONG = 4 };
    struct Image {
        int64_t layer;
        std::vector<uint8_t> bytes;
        std::vector<uint8_t> state;
    };
    std::vector<Image> images_;
    MgCompare report_{};

    Image* find(uint32_t layer) {
        Image* any = nullptr;
        for (Image& image : images_) {
            if (image.layer == static_cast<int64_t>(layer)) return &image;
            if (image.layer == ANY_LAYER) any = &image;
        }
        return any;
    }
    void check(const Sim& sim, Image* image, uint32_t layer, uint64_t address, uint8_t got) {
        if (image == nullptr) {
            ++report_.unchecked;
            return;
        }
        uint8_t expected = 0;
        if (address >= image->bytes.size()) {
            ++report_.outside;
        } else {
            uint8_t& state = image->state[address];
            if (!(state & ASKED)) {
                ++report_.unchecked;
                return;
            }
            state |= WRITTEN;
            expected = image->bytes[address];
            if (got == expected) return;
            state |= WRONG;
        }
        if (report_.first.present) return;
        report_.first.present = 1;
        report_.first.cycle = sim.cycles;
        report_.first.address = address;
        report_.first.layer = layer;
        report_.first.expected = expected;
        report_.first.got = got;
    }
};

#endif
