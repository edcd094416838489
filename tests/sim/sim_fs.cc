#include "tests/sim/sim_fs.h"

#include <algorithm>

#include "base/util/check.h"

namespace weir::sim {

namespace {
constexpr uint64_t kPage = 4096;
constexpr uint64_t kSector = 512;
}  // namespace

void SimFile::apply(uint64_t pos, ConstBytes bytes) {
  if (bytes.empty()) return;
  if (data_.size() < pos + bytes.size()) data_.resize(pos + bytes.size());
  std::copy(bytes.begin(), bytes.end(), data_.begin() + static_cast<ptrdiff_t>(pos));
}

void SimFile::keep_before(uint64_t from, uint64_t to) {
  for (uint64_t page = from / kPage; page * kPage < to; ++page) {
    if (before_.count(page)) continue;
    const uint64_t start = std::min<uint64_t>(page * kPage, data_.size());
    const uint64_t end = std::min<uint64_t>(start + kPage, data_.size());
    before_[page] = {data_.begin() + static_cast<ptrdiff_t>(start), data_.begin() + static_cast<ptrdiff_t>(end)};
  }
}

void SimFile::change(Change change) {
  if (change.is_truncate) {
    keep_before(std::min<uint64_t>(change.pos, data_.size()), std::max<uint64_t>(change.pos, data_.size()));
    data_.resize(change.pos);
  } else {
    keep_before(std::min<uint64_t>(change.pos, data_.size()), change.pos + change.bytes.size());
    apply(change.pos, change.bytes);
  }
  unsynced_.push_back(std::move(change));
}

void SimFile::write_durable(FilePos pos, ConstBytes bytes) {
  if (!unsynced_.empty()) {
    change(Change{next_id_++, false, true, false, pos, {bytes.begin(), bytes.end()}});
    return;
  }
  apply(pos, bytes);
  durable_size_ = data_.size();
}

void SimFile::patch_before(const Change& change) {
  if (change.is_truncate) {
    for (auto& [page, bytes] : before_) {
      const uint64_t start = page * kPage;
      if (start + bytes.size() > change.pos) bytes.resize(change.pos > start ? change.pos - start : 0);
    }
    durable_size_ = change.pos;
    return;
  }
  uint64_t pos = change.pos, done = 0;
  while (done < change.bytes.size()) {
    const uint64_t page = pos / kPage, offset = pos % kPage;
    const uint64_t n = std::min<uint64_t>(kPage - offset, change.bytes.size() - done);
    auto it = before_.find(page);
    CHECK(it != before_.end(), "an unsynced page has no durable copy", page);
    if (it->second.size() < offset + n) it->second.resize(offset + n);
    std::copy_n(change.bytes.begin() + static_cast<ptrdiff_t>(done), n,
                it->second.begin() + static_cast<ptrdiff_t>(offset));
    pos += n, done += n;
  }
  durable_size_ = std::max<uint64_t>(durable_size_, pos);
}

void SimFile::sync(uint64_t mark) {
  std::vector<Change> left;
  for (Change& change : unsynced_) {
    if (change.id < mark && !change.lost)
      patch_before(change);
    else
      left.push_back(std::move(change));
  }
  unsynced_ = std::move(left);
  if (unsynced_.empty()) {
    before_.clear();
    durable_size_ = data_.size();
  }
}

void SimFile::fail_sync(uint64_t mark) {
  for (Change& change : unsynced_) {
    if (change.id < mark && !change.durable) change.lost = true;
  }
}

void SimFile::lose_power(Random& random) {
  for (const auto& [page, bytes] : before_) {
    const uint64_t start = page * kPage;
    if (start >= durable_size_) continue;
    if (data_.size() < start + kPage) data_.resize(start + kPage);
    std::fill_n(data_.begin() + static_cast<ptrdiff_t>(start), kPage, 0);
    std::copy(bytes.begin(), bytes.end(), data_.begin() + static_cast<ptrdiff_t>(start));
  }
  data_.resize(durable_size_);
  const uint64_t mood = random.below(10);  // 0-3: nothing more reached the platter, 4: everything, else a mixture
  const uint64_t unit = random.chance(1, 2) ? kSector : kPage;
  for (const Change& change : std::exchange(unsynced_, {})) {
    const uint64_t fate = change.durable            ? 0
                          : change.lost || mood < 4 ? 1
                          : mood == 4               ? 0
                                                    : random.below(3);  // keep, drop, tear
    if (fate == 1) continue;
    if (change.is_truncate) {
      data_.resize(change.pos);
      continue;
    }
    ConstBytes bytes = change.bytes;
    if (fate == 0) {
      apply(change.pos, bytes);
      continue;
    }
    for (uint64_t done = 0; done < bytes.size();) {
      const uint64_t n = std::min<uint64_t>(unit - (change.pos + done) % unit, bytes.size() - done);
      if (random.chance(1, 2)) apply(change.pos + done, bytes.subspan(done, n));
      done += n;
    }
  }
  before_.clear();
  durable_size_ = data_.size();
}

void SimFile::rot(FilePos pos, uint8_t mask) {
  if (pos < data_.size()) data_[pos] ^= mask;
  if (auto it = before_.find(pos / kPage); it != before_.end() && pos % kPage < it->second.size())
    it->second[pos % kPage] ^= mask;
}

SimFs::SimFs(Random& random) : random_(random) { wipe(); }

void SimFs::wipe() {
  names_.clear();
  names_["/"] = nullptr;
  names_["/tmp"] = nullptr;
  durable_names_ = names_;
  pending_.clear();
  locks_.clear();
  frozen_.reset();
}

std::string SimFs::normal(const std::string& path) {
  std::string out;
  for (size_t at = 0; at <= path.size();) {
    const size_t slash = std::min(path.find('/', at), path.size());
    const std::string part = path.substr(at, slash - at);
    if (part == "..") {
      out.resize(out.find_last_of('/') == std::string::npos ? 0 : out.find_last_of('/'));
    } else if (!part.empty() && part != ".") {
      out.append("/").append(part);
    }
    at = slash + 1;
  }
  return out.empty() ? "/" : out;
}

std::string SimFs::parent(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

void SimFs::apply(Names& names, const NameChange& change) {
  if (change.removal) {
    // A directory is empty when it is removed: what the image still has in it went before.
    const std::string prefix = change.path + "/";
    for (auto it = names.lower_bound(prefix); it != names.end() && it->first.compare(0, prefix.size(), prefix) == 0;)
      it = names.erase(it);
    names.erase(change.path);
    return;
  }
  if (!change.from.empty()) {
    // A renamed directory takes what is in it along.
    Names moved;
    const std::string prefix = change.from + "/";
    for (auto it = names.lower_bound(prefix); it != names.end() && it->first.compare(0, prefix.size(), prefix) == 0;) {
      moved[change.path + it->first.substr(change.from.size())] = it->second;
      it = names.erase(it);
    }
    names.erase(change.from);
    names.merge(moved);
  }
  names[change.path] = change.entry;
}

void SimFs::record(NameChange change) {
  apply(names_, change);
  change.number = ++changes_;
  pending_.push_back(std::move(change));
}

Result<std::shared_ptr<SimFile>> SimFs::open(const std::string& raw, bool create) {
  const std::string path = normal(raw);
  if (auto it = names_.find(path); it != names_.end()) {
    if (!it->second) return Error(ErrorCode::invalid_argument, "open", path + ": Is a directory");
    return it->second;
  }
  if (!create || !is_dir(parent(path)))
    return Error(ErrorCode::not_found, "open", path + ": No such file or directory");
  auto file = std::make_shared<SimFile>();
  record({parent(path), path, false, {}, file});
  return file;
}

bool SimFs::exists(const std::string& path) const { return names_.count(normal(path)) > 0; }

bool SimFs::is_dir(const std::string& path) const {
  auto it = names_.find(normal(path));
  return it != names_.end() && !it->second;
}

Result<std::vector<io::DirEntry>> SimFs::list(const std::string& raw) const {
  const std::string dir = normal(raw);
  if (!is_dir(dir)) return Error(ErrorCode::not_found, "list", dir + ": No such directory");
  std::vector<io::DirEntry> out;
  const std::string prefix = dir == "/" ? "/" : dir + "/";
  for (auto it = names_.lower_bound(prefix); it != names_.end() && it->first.compare(0, prefix.size(), prefix) == 0;
       ++it) {
    const std::string name = it->first.substr(prefix.size());
    if (name.empty() || name.find('/') != std::string::npos) continue;
    out.push_back({name, !it->second, it->second ? it->second->data().size() : 0});
  }
  return out;
}

Status SimFs::make_dirs(const std::string& raw) {
  const std::string path = normal(raw);
  if (auto it = names_.find(path); it != names_.end()) {
    return it->second ? Status(Error(ErrorCode::invalid_argument, "make_dirs", path + ": Not a directory")) : Status();
  }
  TRY(make_dirs(parent(path)));
  record({parent(path), path, false, {}, nullptr});
  return {};
}

Status SimFs::remove(const std::string& raw) {
  const std::string path = normal(raw);
  auto it = names_.find(path);
  if (it == names_.end()) return Error(ErrorCode::not_found, "remove", path + ": No such file or directory");
  if (!it->second) {
    auto inside = names_.upper_bound(path + "/");
    if (inside != names_.end() && inside->first.compare(0, path.size() + 1, path + "/") == 0) {
      return Error(ErrorCode::invalid_argument, "remove", path + ": Directory not empty");
    }
  }
  record({parent(path), path, true, {}, nullptr});
  return {};
}

Status SimFs::remove_tree(const std::string& raw) {
  const std::string path = normal(raw);
  if (!names_.count(path)) return {};
  std::vector<std::string> inside;
  for (auto it = names_.lower_bound(path + "/");
       it != names_.end() && it->first.compare(0, path.size() + 1, path + "/") == 0; ++it) {
    inside.push_back(it->first);
  }
  for (auto it = inside.rbegin(); it != inside.rend(); ++it) TRY(remove(*it));
  return remove(path);
}

Status SimFs::rename(const std::string& raw_from, const std::string& raw_to) {
  const std::string from = normal(raw_from), to = normal(raw_to);
  auto it = names_.find(from);
  if (it == names_.end() || !is_dir(parent(to)))
    return Error(ErrorCode::not_found, "rename", from + " to " + to + ": No such file or directory");
  record({parent(to), to, false, from, it->second});
  return {};
}

Status SimFs::sync_dir(const std::string& raw, uint64_t mark) {
  const std::string dir = normal(raw);
  if (!is_dir(dir)) return Error(ErrorCode::not_found, "sync_dir", dir + ": No such directory");
  std::vector<NameChange> left;
  for (NameChange& change : pending_) {
    if (change.dir != dir || change.number > mark) {
      left.push_back(std::move(change));
      continue;
    }
    apply(durable_names_, change);
    // What was pending in a directory that is gone or has another name is no change of the one that comes to its place.
    const std::string gone = (change.removal ? change.path : change.from) + "/";
    if (gone.size() > 1)
      std::erase_if(left, [&](const NameChange& c) { return c.path.compare(0, gone.size(), gone) == 0; });
  }
  pending_ = std::move(left);
  return {};
}

bool SimFs::take_lock(const std::string& path) { return locks_.insert(normal(path)).second; }
void SimFs::release_lock(const std::string& path) { locks_.erase(normal(path)); }

uint64_t SimFs::used_bytes() const {
  uint64_t n = 0;
  for (const auto& [path, file] : names_) n += file ? file->data().size() : 0;
  return n;
}

bool SimFs::may_grow(const SimFile& file, uint64_t end) const {
  if (quota_bytes == UINT64_MAX || end <= file.data().size()) return true;
  return used_bytes() + (end - file.data().size()) <= quota_bytes;
}

Status SimFs::rot(const std::string& path, FilePos pos, uint8_t mask) {
  auto it = names_.find(normal(path));
  if (it == names_.end() || !it->second || pos >= it->second->data().size()) return ErrorCode::not_found;
  it->second->rot(pos, mask);
  return {};
}

SimFs::Names SimFs::image(bool copies) {
  Names image = durable_names_;
  std::map<std::string, bool> stopped;  // directory → no further change of it is kept
  const bool keep_none = random_.chance(1, 3);
  for (const NameChange& change : pending_) {
    bool& stop = stopped.emplace(change.dir, keep_none).first->second;
    if (!stop && random_.chance(1, 8)) stop = true;
    if (!stop) apply(image, change);
  }
  // Names in directories that did not make it are gone; each file gets its own fate, once, however many names it has.
  Names left;
  std::map<SimFile*, Entry> images;
  for (const auto& [path, file] : image) {
    if (path != "/" && !left.count(parent(path))) continue;
    Entry& its = images[file.get()];
    if (file && !its) {
      its = copies ? std::make_shared<SimFile>(*file) : file;
      its->lose_power(random_);
    }
    left[path] = its;
  }
  return left;
}

void SimFs::freeze_image() { frozen_ = std::make_unique<Names>(image(true)); }

void SimFs::lose_power() {
  names_ = frozen_ ? std::move(*frozen_) : image(false);
  frozen_.reset();
  durable_names_ = names_;
  pending_.clear();
  locks_.clear();
}

}  // namespace weir::sim
