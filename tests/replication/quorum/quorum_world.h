#pragma once
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "base/util/rng.h"
#include "replication/faults.h"
#include "replication/quorum/quorum_state.h"

namespace weir::replication::test {

struct Entry {
  LeaderEpoch epoch;
  uint64_t value;
  bool operator==(const Entry&) const = default;
};

/// A log in memory whose tail is not durable until told.
class MemoryQuorumLog : public QuorumLog {
 public:
  std::vector<Entry> entries;
  Offset durable = 0;

  Offset end_offset() const override { return static_cast<Offset>(entries.size()); }
  Offset durable_offset() const override { return durable; }
  LeaderEpoch last_epoch() const override { return entries.empty() ? 0 : entries.back().epoch; }
  log::EpochEnd epoch_end(LeaderEpoch epoch) const override {
    for (size_t i = entries.size(); i-- > 0;)
      if (entries[i].epoch <= epoch) return {entries[i].epoch, static_cast<Offset>(i + 1)};
    return {};
  }
  void truncate(Offset to) {
    if (to < end_offset()) entries.resize(static_cast<size_t>(to));
    durable = std::min(durable, to);
  }
};

struct WorldOptions {
  int nodes = 3;
  int observers = 0;
  uint64_t seed = 1;
  bool faults = true;
  bool losses = false;  // disks lose synced records too
};

/// Some voters on virtual time with a network that loses, delays, doubles and reorders, and disks that lose what was
/// not durable at a crash. Checks after each event: one leader an epoch; what was committed once stays at its offset
/// for ever; a new leader holds all of it.
class QuorumWorld {
 public:
  struct Node {
    BrokerId id = 0;
    bool up = false, paused = false;
    uint64_t life = 0;
    MemoryQuorumLog log;
    ElectionCell disk_cell;
    LogEnd had;  // what the log reached before its disk lost some of it
    std::unique_ptr<QuorumState> state;
    int cell_writes = 0;
    std::vector<std::function<void()>> held;  // leave when the cell is durable
    bool fetching = false;
    uint64_t fetch_id = 0;
    std::set<BrokerId> cut;  // peers it cannot send to
  };

  explicit QuorumWorld(WorldOptions o) : options_(o), random_(o.seed) {
    std::vector<Voter> voters;
    for (int i = 1; i <= o.nodes; i++) voters.push_back({.id = i});
    voters_ = VoterSet(voters);
    for (int i = 1; i <= o.nodes + o.observers; i++) {
      nodes_[i].id = i;
      restart(nodes_[i]);
    }
  }

  Node& node(BrokerId id) { return nodes_.at(id); }
  MonoTime now() const { return now_; }
  const std::string& broken() const { return broken_; }
  const std::vector<Entry>& committed() const { return committed_; }

  void run_for(Duration d) {
    MonoTime until = now_ + d;
    while (broken_.empty() && !events_.empty() && events_.top().at <= until) {
      auto run = events_.top().run;
      now_ = std::max(now_, events_.top().at);
      events_.pop();
      run();
    }
    now_ = until;
  }

  void at(Duration in, std::function<void()> run) { events_.push({now_ + in, order_++, std::move(run)}); }

  void restart(Node& n) {
    n.up = true, n.paused = false, n.life++;
    n.cell_writes = 0, n.held.clear(), n.fetching = false;
    n.state = std::make_unique<QuorumState>(n.id, voters_, QuorumTiming{}, n.log, random_);
    QuorumEffects out;
    n.state->start(n.disk_cell, 0, n.had, now_, out);
    carry_out(n, out);
  }
  void crash(Node& n) {
    n.up = false, n.life++;
    n.log.truncate(n.log.durable);
    n.state.reset();
  }
  /// A crash after which the disk has less than it had promised to keep. One node at a time: of two that lost the same
  /// record nobody would be left to bring it back.
  void crash_losing(Node& n) {
    for (const auto& [id, other] : nodes_)
      if (LogEnd{other.log.last_epoch(), other.log.end_offset()} < other.had) return;
    crash(n);
    n.had = std::max(n.had, LogEnd{n.log.last_epoch(), n.log.end_offset()});
    n.log.truncate(static_cast<Offset>(random_.below(static_cast<uint64_t>(n.log.end_offset()) + 1)));
  }
  void append(Node& n, uint64_t value) {
    if (!n.up || !n.state->leads()) return;
    n.log.entries.push_back({n.state->cell().epoch, value});
    make_durable(n);
  }
  BrokerId leader() const {
    BrokerId best = kNoBroker;
    LeaderEpoch epoch = -1;
    for (const auto& [id, n] : nodes_)
      if (n.up && n.state->leads() && n.state->cell().epoch > epoch) best = id, epoch = n.state->cell().epoch;
    return best;
  }
  /// The effects of one step on a node.
  void carry_out(Node& n, QuorumEffects& out) {
    check(n);
    if (out.persist && !faults().vote_not_durable) {
      n.cell_writes++;
      at(ms(random_.below(5)), [this, &n, life = n.life, cell = n.state->cell()] {
        if (n.life != life) return;
        n.disk_cell = cell;
        if (--n.cell_writes > 0) return;
        auto held = std::move(n.held);
        n.held.clear();
        for (auto& h : held) h();
      });
    }
    if (out.became_leader) {
      note_leader(n);
      n.log.entries.push_back({n.state->cell().epoch, 0});
      make_durable(n);
    }
    for (auto& v : out.votes) send_vote(n, v);
    for (BrokerId to : out.begin_epoch_to)
      leave(n, [this, &n, to, cell = n.state->cell()] {
        deliver(n.id, to, [this, cell](Node& peer) {
          QuorumEffects e;
          peer.state->on_begin_epoch(cell.leader, cell.epoch, now_, e);
          carry_out(peer, e);
        });
      });
    for (BrokerId to : out.end_epoch_to)
      deliver(n.id, to, [this, from = n.id, epoch = out.ended_epoch, successors = out.successors](Node& peer) {
        QuorumEffects e;
        peer.state->on_end_epoch(from, epoch, successors, now_, e);
        carry_out(peer, e);
      });
    check(n);
    n.state->check_invariants();
    arm(n);
    fetch(n);
  }

  /// Loss, delay, order: off from here on; everyone up and connected.
  void heal() {
    options_.faults = false;
    for (auto& [id, n] : nodes_) {
      n.cut.clear();
      if (!n.up) restart(n);
      resume(n);
    }
  }
  void resume(Node& n) {
    n.paused = false;
    arm(n);
    fetch(n);
  }
  void random_fault() {
    Node& n = nodes_.at(1 + static_cast<BrokerId>(random_.below(nodes_.size())));
    switch (random_.below(7)) {
      case 0:
        if (!n.up)
          restart(n);
        else if (options_.losses && random_.chance(1, 3))
          crash_losing(n);
        else
          crash(n);
        break;
      case 1:
        n.up ? crash(n) : restart(n);
        break;
      case 2:
        n.cut.clear();
        for (auto& [id, p] : nodes_) p.cut.erase(n.id);
        break;
      case 3:
        for (auto& [id, p] : nodes_)
          if (random_.chance(1, 2)) n.cut.insert(id);
        break;
      case 4:  // hears nobody, but is heard
        for (auto& [id, p] : nodes_) p.cut.insert(n.id);
        break;
      case 5: {  // whole cluster loses power
        if (!random_.chance(1, 6)) break;
        for (auto& [id, p] : nodes_)
          if (p.up) crash(p);
        for (auto& [id, p] : nodes_) restart(p);
        break;
      }
      default:
        if (n.up && n.paused)
          resume(n);
        else
          n.paused = n.up;
    }
  }
  Random& random() { return random_; }
  std::map<BrokerId, Node>& nodes() { return nodes_; }

 private:
  struct Event {
    MonoTime at;
    uint64_t order;
    std::function<void()> run;
    bool operator<(const Event& o) const { return at != o.at ? at > o.at : order > o.order; }
  };
  static Duration ms(uint64_t n) { return Duration{static_cast<int64_t>(n) * 1'000'000}; }

  void leave(Node& n, std::function<void()> send) {
    if (n.cell_writes > 0)
      n.held.push_back(std::move(send));
    else
      send();
  }
  void deliver(BrokerId from, BrokerId to, std::function<void(Node&)> act) {
    if (nodes_.at(from).cut.count(to)) return;
    int copies = 1;
    if (options_.faults) copies = random_.chance(1, 20) ? 0 : random_.chance(1, 20) ? 2 : 1;
    for (int i = 0; i < copies; i++) {
      uint64_t delay = options_.faults && random_.chance(1, 30) ? random_.below(3000)
                                                                : random_.below(options_.faults ? 15 : 2);
      at(ms(delay), [this, to, act] { arrive(to, act); });
    }
  }
  void arrive(BrokerId to, std::function<void(Node&)> act) {
    Node& n = nodes_.at(to);
    if (!n.up) return;
    if (n.paused) return at(ms(50), [this, to, act] { arrive(to, act); });
    act(n);
  }
  void send_vote(Node& n, QuorumEffects::Vote v) {
    leave(n, [this, &n, life = n.life, v] {
      deliver(n.id, v.to, [this, v, life](Node& peer) {
        QuorumEffects e;
        VoteAnswer answer = peer.state->on_vote(v.ask, now_, e);
        carry_out(peer, e);
        leave(peer, [this, &peer, v, life, answer] {
          deliver(peer.id, v.ask.candidate, [this, from = peer.id, v, life, answer](Node& back) {
            if (back.life != life) return;
            QuorumEffects e;
            back.state->on_vote_answer(from, v.ask, answer, now_, e);
            carry_out(back, e);
          });
        });
      });
    });
  }
  void make_durable(Node& n) {
    at(ms(random_.below(8)), [this, &n, life = n.life, end = n.log.end_offset(), epoch = n.log.last_epoch()] {
      if (n.life != life || n.log.end_offset() < end || n.log.entries[static_cast<size_t>(end) - 1].epoch != epoch)
        return;
      n.log.durable = std::max(n.log.durable, end);
      QuorumEffects e;
      n.state->on_durable(e);
      carry_out(n, e);
    });
  }
  void arm(Node& n) {
    MonoTime due = n.state->wake_at();
    if (due == MonoTime::max()) return;
    at(std::max(due - now_, Duration{0}), [this, &n, life = n.life, due] {
      if (n.life != life || n.paused || n.state->wake_at() != due) return;
      QuorumEffects e;
      n.state->on_tick(now_, e);
      carry_out(n, e);
    });
  }
  void fetch(Node& n) {
    BrokerId to = n.state->fetch_from();
    if (n.fetching || to == kNoBroker || n.log.durable != n.log.end_offset()) return;
    n.fetching = true;
    uint64_t id = ++n.fetch_id;
    FetchAsk ask{
        .replica = n.id, .epoch = n.state->cell().epoch, .offset = n.log.durable, .last_epoch = n.log.last_epoch()};
    at(ms(600), [this, &n, life = n.life, id] {
      if (n.life != life || n.fetch_id != id || !n.fetching) return;
      n.fetching = false;
      n.state->fetch_failed();
      if (!n.paused) fetch(n);
    });
    leave(n, [this, &n, to, ask, id, life = n.life] {
      deliver(n.id, to, [this, ask, id, life, from = n.id](Node& leader) {
        QuorumEffects e;
        FetchVerdict v = leader.state->on_fetch(ask, now_, e);
        FetchAnswer answer{.error = v.error,
                           .leader = leader.state->leader(),
                           .epoch = leader.state->cell().epoch,
                           .diverging = v.diverging};
        std::vector<Entry> records;
        if (v.error == ErrorCode::none && !v.diverging)
          records.assign(leader.log.entries.begin() + ask.offset, leader.log.entries.end());
        if (records.size() > 5) records.resize(5);
        Offset hw = leader.state->high_watermark();
        carry_out(leader, e);
        leave(leader, [=, this, &leader] {
          deliver(leader.id, from, [=, this, leader_id = leader.id](Node& n) {
            fetched(n, leader_id, ask, id, life, answer, records, hw);
          });
        });
      });
    });
  }
  void fetched(Node& n, BrokerId from, const FetchAsk& ask, uint64_t id, uint64_t life, const FetchAnswer& answer,
               const std::vector<Entry>& records, Offset hw) {
    if (n.life != life || n.fetch_id != id || !n.fetching) return;
    n.fetching = false;
    QuorumEffects e;
    if (n.state->on_fetch_answer(from, ask.epoch, answer, now_, e)) {
      if (answer.diverging && !faults().no_truncation_by_epoch) {
        Offset to = n.state->truncation_point(*answer.diverging);
        if (to < n.state->high_watermark()) return fail("truncation below the high watermark");
        n.log.truncate(to);
      } else if (n.log.end_offset() == ask.offset || faults().no_truncation_by_epoch) {
        n.log.entries.insert(n.log.entries.end(), records.begin(), records.end());
        if (!records.empty()) make_durable(n);
        n.state->on_leader_high_watermark(hw, e);
      }
    } else if (answer.error != ErrorCode::none) {
      n.state->fetch_failed();
    }
    if (n.state->fetch_from() != kNoBroker)
      at(ms(1 + random_.below(10)), [this, &n, life] {
        if (n.life == life && !n.paused) fetch(n);
      });
    // carry_out fetches at once; hold it back so that an empty answer does not spin.
    bool was = n.fetching;
    n.fetching = true;
    carry_out(n, e);
    n.fetching = was;
  }

  void fail(const std::string& why) {
    if (broken_.empty()) broken_ = why + " at " + std::to_string(now_.ns / 1'000'000) + " ms";
  }
  void note_leader(Node& n) {
    auto [it, fresh] = leaders_.try_emplace(n.state->cell().epoch, n.id);
    if (!fresh) return fail("two leaders in epoch " + std::to_string(n.state->cell().epoch));
    for (size_t i = 0; i < committed_.size(); i++)
      if (i >= n.log.entries.size() || !(n.log.entries[i] == committed_[i]))
        return fail("the new leader lacks committed records");
  }
  void check(Node& n) {
    auto hw = static_cast<size_t>(n.state->high_watermark());
    if (hw > n.log.entries.size()) return fail("the high watermark is behind the log end");
    for (size_t i = 0; i < hw; i++) {
      if (i >= committed_.size())
        committed_.push_back(n.log.entries[i]);
      else if (!(committed_[i] == n.log.entries[i]))
        return fail("a committed record changed at " + std::to_string(i));
    }
  }

  WorldOptions options_;
  SplitMix64 random_;
  VoterSet voters_;
  std::map<BrokerId, Node> nodes_;
  std::priority_queue<Event> events_;
  uint64_t order_ = 0;
  MonoTime now_{1'000'000'000};
  std::map<LeaderEpoch, BrokerId> leaders_;
  std::vector<Entry> committed_;
  std::string broken_;
};

}  // namespace weir::replication::test
