"""The scenario with confluent-kafka: AdminClient, idempotent producer, group with a synchronous commit before revoke."""
import scenario
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

run = scenario.Run()
common = {"bootstrap.servers": run.bootstrap, "broker.address.family": "v4"}

admin = AdminClient(common)
for f in admin.create_topics([NewTopic(run.topic, run.partitions, 3)], operation_timeout=20).values():
    f.result(30)

failed = []
producer = Producer({**common, "enable.idempotence": True, "acks": "all", "compression.type": run.codec, "linger.ms": 5})
for i in range(run.count):
    while True:
        try:
            producer.produce(run.topic, scenario.value(i), partition=i % run.partitions,
                             on_delivery=lambda e, m: failed.append(e) if e else None)
            break
        except BufferError:
            producer.poll(0.1)
    if i % 1000 == 0:
        producer.poll(0)
assert producer.flush(60) == 0 and not failed, failed[:3]


def member(name, leave):
    def revoke(c, _):
        try:
            c.commit(asynchronous=False)
        except KafkaException as e:
            if e.args[0].name() != "_NO_OFFSET":
                raise
    c = Consumer({**common, "group.id": "group-" + run.topic, "auto.offset.reset": "earliest", "enable.auto.commit": False,
                  "heartbeat.interval.ms": 300, "session.timeout.ms": 10000,
                  # librdkafka queues a rebalance behind what it has prefetched; with less it pauses a second after each full queue
                  "queued.min.messages": max(100, run.count // 50), "fetch.message.max.bytes": max(10000, run.count)})
    c.subscribe([run.topic], on_assign=lambda _, parts: run.joined(name, [p.partition for p in parts]), on_revoke=revoke)
    while not leave.is_set():
        m = c.poll(0.2)
        if m is None:
            continue
        if m.error():
            raise KafkaException(m.error())
        run.record(name, m.partition(), m.offset(), m.value())
    revoke(c, None)
    c.close()


run.members(member)
