"""A tiny Kafka wire encoder and decoder for tests: just enough to say odd things to a broker on a bare socket.

Nothing here is shared with the broker's own codec, on purpose: two readings of the specification must agree."""
import socket
import struct
import time

PRODUCE, FETCH, LIST_OFFSETS, METADATA, OFFSET_COMMIT, OFFSET_FETCH, FIND_COORDINATOR = 0, 1, 2, 3, 8, 9, 10
JOIN_GROUP, HEARTBEAT, LEAVE_GROUP, SYNC_GROUP, DESCRIBE_GROUPS, LIST_GROUPS, API_VERSIONS = 11, 12, 13, 14, 15, 16, 18
CREATE_TOPICS, DELETE_TOPICS, INIT_PRODUCER_ID, OFFSET_FOR_LEADER_EPOCH, DESCRIBE_CONFIGS = 19, 20, 22, 23, 32

# first flexible version of the APIs used here (request header v2, response header v1 from then on)
FLEXIBLE = {PRODUCE: 9, FETCH: 12, LIST_OFFSETS: 6, METADATA: 9, OFFSET_COMMIT: 8, OFFSET_FETCH: 6, FIND_COORDINATOR: 3,
            JOIN_GROUP: 6, HEARTBEAT: 4, LEAVE_GROUP: 4, SYNC_GROUP: 4, DESCRIBE_GROUPS: 5, LIST_GROUPS: 3, API_VERSIONS: 3,
            CREATE_TOPICS: 5, DELETE_TOPICS: 4, INIT_PRODUCER_ID: 2, OFFSET_FOR_LEADER_EPOCH: 4, DESCRIBE_CONFIGS: 4}


def crc32c_table():
    table = []
    for i in range(256):
        c = i
        for _ in range(8):
            c = (c >> 1) ^ 0x82F63B78 if c & 1 else c >> 1
        table.append(c)
    return table


CRC_TABLE = crc32c_table()


def crc32c(data):
    c = 0xFFFFFFFF
    for b in data:
        c = CRC_TABLE[(c ^ b) & 0xFF] ^ (c >> 8)
    return c ^ 0xFFFFFFFF


def uvarint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def varint(n):
    return uvarint((n << 1) ^ (n >> 63) if n >= 0 else ((-n << 1) - 1))


class W:
    """Appends fields; `flex` chooses the compact forms."""

    def __init__(self, flex=False):
        self.b, self.flex = bytearray(), flex

    def raw(self, data): self.b += data; return self
    def i8(self, n): return self.raw(struct.pack(">b", n))
    def i16(self, n): return self.raw(struct.pack(">h", n))
    def i32(self, n): return self.raw(struct.pack(">i", n))
    def i64(self, n): return self.raw(struct.pack(">q", n))
    def uvar(self, n): return self.raw(uvarint(n))
    def boolean(self, v): return self.i8(1 if v else 0)
    def uuid(self, v): return self.raw(v)

    def str(self, s):
        data = None if s is None else s.encode()
        if self.flex:
            return self.uvar(0) if data is None else self.uvar(len(data) + 1).raw(data)
        return self.i16(-1) if data is None else self.i16(len(data)).raw(data)

    def bytes(self, data):
        if self.flex:
            return self.uvar(0) if data is None else self.uvar(len(data) + 1).raw(data)
        return self.i32(-1) if data is None else self.i32(len(data)).raw(data)

    def array(self, items, each):
        if items is None:
            return self.uvar(0) if self.flex else self.i32(-1)
        self.uvar(len(items) + 1) if self.flex else self.i32(len(items))
        for item in items:
            each(item)
        return self

    def tags(self):
        return self.uvar(0) if self.flex else self

    def done(self): return bytes(self.b)


class R:
    """Reads fields in order; raises on a short buffer."""

    def __init__(self, data, flex=False):
        self.d, self.p, self.flex = data, 0, flex

    def raw(self, n):
        if n < 0 or self.p + n > len(self.d):
            raise ValueError(f"field of {n} bytes at {self.p} of {len(self.d)}")
        self.p += n
        return self.d[self.p - n:self.p]

    def i8(self): return struct.unpack(">b", self.raw(1))[0]
    def i16(self): return struct.unpack(">h", self.raw(2))[0]
    def i32(self): return struct.unpack(">i", self.raw(4))[0]
    def i64(self): return struct.unpack(">q", self.raw(8))[0]
    def u32(self): return struct.unpack(">I", self.raw(4))[0]
    def boolean(self): return self.i8() != 0
    def uuid(self): return self.raw(16)

    def uvar(self):
        n = shift = 0
        while True:
            b = self.raw(1)[0]
            n |= (b & 0x7F) << shift
            shift += 7
            if not b & 0x80:
                return n

    def var(self):
        n = self.uvar()
        return (n >> 1) ^ -(n & 1)

    def str(self):
        n = self.uvar() - 1 if self.flex else self.i16()
        return None if n < 0 else self.raw(n).decode()

    def bytes(self):
        n = self.uvar() - 1 if self.flex else self.i32()
        return None if n < 0 else self.raw(n)

    def array(self, each):
        n = self.uvar() - 1 if self.flex else self.i32()
        return None if n < 0 else [each() for _ in range(n)]

    def tags(self):
        """Tagged fields as {tag: bytes}; {} where the version has none."""
        return {self.uvar(): self.raw(self.uvar()) for _ in range(self.uvar())} if self.flex else {}

    def left(self): return len(self.d) - self.p


def batch(values, producer_id=-1, epoch=-1, sequence=-1, timestamp=None, step_ms=0, codec=0, crc=None, magic=2, payload=None,
          leader_epoch=-1):
    """A record batch (v2) of `values`; `codec`, `crc`, `magic`, `payload` can be made to lie."""
    ts = int(time.time() * 1000) if timestamp is None else timestamp
    records = bytearray()
    for i, v in enumerate(values):
        rec = b"\0" + varint(i * step_ms) + varint(i) + varint(-1) + varint(len(v)) + v + varint(0)
        records += varint(len(rec)) + rec
    if payload is not None:
        records = payload
    body = struct.pack(">hiqqqhii", codec, len(values) - 1, ts, ts + step_ms * (len(values) - 1), producer_id, epoch, sequence,
                       len(values)) + records
    return struct.pack(">qiibI", 0, 9 + len(body), leader_epoch, magic, crc32c(body) if crc is None else crc) + body


def batches_of(data):
    """[(base offset, last offset, leader epoch, record count)] of a record set; a cut last batch is left out."""
    out, p = [], 0
    while p + 61 <= len(data):
        base, length, epoch = struct.unpack_from(">qii", data, p)
        if p + 12 + length > len(data):
            break
        delta, = struct.unpack_from(">i", data, p + 23)
        count, = struct.unpack_from(">i", data, p + 57)
        out.append((base, base + delta, epoch, count))
        p += 12 + length
    return out


class Closed(Exception):
    """The broker closed the connection."""


class Conn:
    """One connection; `call` sends a request and returns a reader at the start of the response body."""

    def __init__(self, address, timeout=20, client_id="wire-test"):
        host, port = address.split(":")
        self.s = socket.create_connection((host, int(port)), timeout)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client_id, self.corr = client_id, 0

    def __enter__(self): return self
    def __exit__(self, *_): self.s.close()

    def frame(self, api, version, body, corr):
        h = W().i16(api).i16(version).i32(corr)
        h.str(self.client_id)  # never compact, also in header v2
        if version >= FLEXIBLE.get(api, 1 << 15):
            h.raw(b"\0")
        return struct.pack(">i", len(h.b) + len(body)) + h.done() + body

    def send(self, api, version, body=b""):
        self.corr += 1
        self.s.sendall(self.frame(api, version, body, self.corr))
        return self.corr

    def recv_exact(self, n):
        data = bytearray()
        while len(data) < n:
            try:
                part = self.s.recv(n - len(data))
            except (ConnectionResetError, BrokenPipeError) as e:
                raise Closed(str(e))
            if not part:
                raise Closed("end of stream")
            data += part
        return bytes(data)

    def recv(self):
        """(correlation id, everything after it)"""
        size, = struct.unpack(">i", self.recv_exact(4))
        data = self.recv_exact(size)
        return struct.unpack_from(">i", data)[0], data[4:]

    def reader(self, api, version, data):
        flex = version >= FLEXIBLE.get(api, 1 << 15)
        if flex and api != API_VERSIONS:  # response header v1; ApiVersions always has v0 (KIP-511)
            assert data[:1] == b"\0", "tagged fields in a response header"
            data = data[1:]
        return R(data, flex)

    def call(self, api, version, body=b""):
        want = self.send(api, version, body)
        got, data = self.recv()
        assert got == want, f"answer to {got}, asked {want}"
        return self.reader(api, version, data)


# ---- the handful of requests that most tests need, at one fixed version each

def api_versions(c, version=0):
    body = W(True).str("wire-test").str("1").tags().done() if version >= 3 else b""
    r = c.call(API_VERSIONS, version, body)
    error = r.i16()
    keys = r.array(lambda: (r.i16(), r.i16(), r.i16(), r.tags())[:3])
    return error, {k: (lo, hi) for k, lo, hi in keys}


def metadata(c, topics, version=9, auto_create=False):
    """{'brokers': {id: 'host:port'}, 'controller': id, 'cluster': id, 'topics': {name: {...}}}"""
    w = W(version >= 9)

    def topic(t):
        if version >= 10:
            w.uuid(bytes(16))
        w.str(t).tags()
    w.array(topics, topic)
    if version >= 4:
        w.boolean(auto_create)
    if 8 <= version <= 10:
        w.boolean(False)
    if version >= 8:
        w.boolean(False)
    r = c.call(METADATA, version, w.tags().done())
    if version >= 3:
        r.i32()
    brokers = {}

    def broker():
        node, host, port = r.i32(), r.str(), r.i32()
        if version >= 1:
            r.str()
        r.tags()
        brokers[node] = f"{host}:{port}"
    r.array(broker)
    cluster = r.str() if version >= 2 else None
    controller = r.i32() if version >= 1 else None
    out = {}

    def part():
        p = {"error": r.i16(), "partition": r.i32(), "leader": r.i32()}
        p["epoch"] = r.i32() if version >= 7 else None
        p["replicas"], p["isr"] = r.array(r.i32), r.array(r.i32)
        if version >= 5:
            r.array(r.i32)
        r.tags()
        return p

    def one():
        error, name = r.i16(), r.str()
        tid = r.uuid() if version >= 10 else None
        if version >= 1:
            r.boolean()
        parts = r.array(part)
        if version >= 8:
            r.i32()
        r.tags()
        out[name] = {"error": error, "id": tid, "partitions": {p["partition"]: p for p in parts}}
    r.array(one)
    return {"brokers": brokers, "cluster": cluster, "controller": controller, "topics": out}


def create_topic(c, name, partitions=1, rf=1, configs=None, validate=False, version=4, timeout_ms=20000):
    """The topic's error code, or the whole row from v5 on."""
    w = W(version >= 5)

    def cfg(kv):
        w.str(kv[0]).str(kv[1]).tags()
    w.array([name], lambda t: (w.str(t).i32(partitions).i16(rf).array([], None).array(list((configs or {}).items()), cfg).tags()))
    w.i32(timeout_ms).boolean(validate).tags()
    r = c.call(CREATE_TOPICS, version, w.done())
    r.i32()

    def row():
        d = {"name": r.str()}
        d["id"] = r.uuid() if version >= 7 else None
        d["error"], d["message"] = r.i16(), r.str()
        if version >= 5:
            d["partitions"], d["rf"] = r.i32(), r.i16()
            d["configs"] = r.array(lambda: (r.str(), r.str(), r.boolean(), r.i8(), r.boolean(), r.tags())[:4])
        r.tags()
        return d
    rows = r.array(row)
    return rows[0] if version >= 5 else rows[0]["error"]


def delete_topic(c, name):
    w = W()
    w.array([name], w.str).i32(20000)
    r = c.call(DELETE_TOPICS, 3, w.done())
    r.i32()
    return r.array(lambda: (r.str(), r.i16()))[0][1]


def produce_body(topic, partition, records, acks=-1, version=8, timeout_ms=20000):
    w = W(version >= 9)
    w.str(None).i16(acks).i32(timeout_ms)
    w.array([topic], lambda t: (w.str(t), w.array([partition], lambda p: (w.i32(p), w.bytes(records), w.tags())), w.tags()))
    return w.tags().done()


def produce(c, topic, partition, records, acks=-1, version=8):
    """(error code, base offset, {tag: bytes} of the partition's answer)"""
    r = c.call(PRODUCE, version, produce_body(topic, partition, records, acks, version))

    def part():
        r.i32()
        error, base = r.i16(), r.i64()
        r.i64()
        if version >= 5:
            r.i64()
        if version >= 8:
            r.array(lambda: (r.i32(), r.str(), r.tags()))
            r.str()
        return error, base, r.tags()
    return r.array(lambda: (r.str(), r.array(part), r.tags())[1])[0][0]


def fetch_body(partitions, version=11, session=0, epoch=-1, max_wait=100, min_bytes=1, max_bytes=1 << 20, part_bytes=1 << 20,
               leader_epoch=-1, isolation=0, forget=()):
    """`partitions`: [(topic name, or id from v13 on; partition; offset)]"""
    w = W(version >= 12)
    w.i32(-1) if version < 15 else None
    w.i32(max_wait).i32(min_bytes).i32(max_bytes).i8(isolation)
    if version >= 7:
        w.i32(session).i32(epoch)

    def topic(t):
        w.uuid(t) if version >= 13 else w.str(t)

    def one(row):
        t, p, offset = row
        topic(t)

        def part(_):
            w.i32(p)
            if version >= 9:
                w.i32(leader_epoch)
            w.i64(offset)
            if version >= 12:
                w.i32(-1)
            if version >= 5:
                w.i64(-1)
            w.i32(part_bytes).tags()
        w.array([p], part).tags()
    w.array(partitions, one)
    if version >= 7:
        w.array(forget, lambda f: (topic(f[0]), w.array([f[1]], w.i32), w.tags()))
    w.str("") if version >= 11 else None
    return w.tags().done()


def fetch(c, partitions, version=11, **options):
    """(error, session id, {(topic, partition): {...}})"""
    r = c.call(FETCH, version, fetch_body(partitions, version, **options))
    return fetch_answer(r, version)


def fetch_answer(r, version=11):
    r.i32()
    error, session = (r.i16(), r.i32()) if version >= 7 else (0, 0)
    out = {}

    def topic():
        t = r.uuid() if version >= 13 else r.str()

        def part():
            p = r.i32()
            d = {"error": r.i16(), "hw": r.i64(), "lso": r.i64(), "start": r.i64() if version >= 5 else None}
            r.array(lambda: (r.i64(), r.i64(), r.tags()))
            if version >= 11:
                r.i32()
            d["records"] = r.bytes() or b""
            d["tags"] = r.tags()
            out[t, p] = d
        r.array(part)
        r.tags()
    r.array(topic)
    return error, session, out


def list_offsets(c, topic, partition, timestamp, version=5, isolation=0, leader_epoch=-1):
    """(error, timestamp, offset)"""
    w = W(version >= 6)
    w.i32(-1).i8(isolation)

    def part(p):
        w.i32(p)
        if version >= 4:
            w.i32(leader_epoch)
        w.i64(timestamp).tags()
    w.array([topic], lambda t: (w.str(t), w.array([partition], part), w.tags())).tags()
    r = c.call(LIST_OFFSETS, version, w.done())
    r.i32()

    def answer():
        r.i32()
        row = r.i16(), r.i64(), r.i64()
        if version >= 4:
            r.i32()
        r.tags()
        return row
    return r.array(lambda: (r.str(), r.array(answer), r.tags())[1])[0][0]


def init_producer_id(c):
    """(producer id, epoch)"""
    for _ in range(100):
        r = c.call(INIT_PRODUCER_ID, 0, W().str(None).i32(60000).done())
        r.i32()
        error, pid, epoch = r.i16(), r.i64(), r.i16()
        if error == 0:
            return pid, epoch
        time.sleep(0.1)
    raise AssertionError(f"InitProducerId answers {error}")


def find_coordinator(c, group):
    """'host:port' of the group's coordinator; waits while the offsets topic is made."""
    for _ in range(200):
        r = c.call(FIND_COORDINATOR, 0, W().str(group).done())
        error = r.i16()
        r.i32()
        host, port = r.str(), r.i32()
        if error == 0:
            return f"{host}:{port}"
        assert error == 15, f"FindCoordinator answers {error}"
        time.sleep(0.1)
    raise AssertionError("no coordinator")


def join_body(group, member="", version=3, session_ms=10000, instance=None, protocol="range", userdata=b"\0\0\0\0\0\0\0\0\0\0"):
    w = W(version >= 6)
    w.str(group).i32(session_ms)
    if version >= 1:
        w.i32(session_ms)
    w.str(member)
    if version >= 5:
        w.str(instance)
    w.str("consumer").array([protocol], lambda p: w.str(p).bytes(userdata).tags())
    if version >= 8:
        w.str(None)
    return w.tags().done()


def join_answer(r, version):
    if version >= 2:
        r.i32()
    d = {"error": r.i16(), "generation": r.i32()}
    if version >= 7:
        d["type"] = r.str()
    d["protocol"], d["leader"] = r.str(), r.str()
    if version >= 9:
        r.boolean()
    d["member"] = r.str()
    d["members"] = r.array(lambda: (r.str(), r.str() if version >= 5 else None, r.bytes(), r.tags())[0])
    return d
