// The scenario with sarama: ClusterAdmin, idempotent acks=all producer, consumer group with a commit at each session's end.
package main

import (
	"context"
	"sync"
	"time"

	"github.com/IBM/sarama"

	"weir/tests/e2e/scenario"
)

func config(run *scenario.Run) *sarama.Config {
	c := sarama.NewConfig()
	c.Version = sarama.V3_6_0_0
	c.Producer.RequiredAcks = sarama.WaitForAll
	c.Producer.Idempotent = true
	c.Net.MaxOpenRequests = 1 // sarama's own condition for idempotence
	c.Producer.Return.Successes = true
	c.Producer.Partitioner = sarama.NewManualPartitioner
	c.Producer.Compression = map[string]sarama.CompressionCodec{"none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP,
		"snappy": sarama.CompressionSnappy, "lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD}[run.Codec]
	c.Consumer.Offsets.Initial = sarama.OffsetOldest
	c.Consumer.Offsets.AutoCommit.Enable = false
	c.Consumer.Group.Heartbeat.Interval = 300 * time.Millisecond
	return c
}

func main() {
	run := scenario.New()
	run.Watchdog(100 * time.Second)
	admin, err := sarama.NewClusterAdmin(run.Brokers, config(run))
	if err != nil {
		scenario.Die("admin", err)
	}
	if err := admin.CreateTopic(run.Topic, &sarama.TopicDetail{NumPartitions: int32(run.Partitions), ReplicationFactor: 3}, false); err != nil {
		scenario.Die("create", err)
	}
	admin.Close()
	produce(run)
	var members sync.WaitGroup
	members.Add(2)
	go func() { defer members.Done(); join(run, "a", run.Done) }()
	go func() { defer members.Done(); <-run.BJoin; join(run, "b", run.BLeave) }()
	members.Wait()
	run.Finish()
}

func produce(run *scenario.Run) {
	producer, err := sarama.NewAsyncProducer(run.Brokers, config(run))
	if err != nil {
		scenario.Die("producer", err)
	}
	go func() {
		for i := 0; i < run.Count; i++ {
			producer.Input() <- &sarama.ProducerMessage{Topic: run.Topic, Partition: int32(i % run.Partitions),
				Value: sarama.ByteEncoder(scenario.Value(i))}
		}
	}()
	for i := 0; i < run.Count; i++ {
		select {
		case <-producer.Successes():
		case err := <-producer.Errors():
			scenario.Die("produce", err)
		}
	}
	if err := producer.Close(); err != nil {
		scenario.Die("close", err)
	}
}

type handler struct {
	run  *scenario.Run
	name string
	mu   sync.Mutex
	stop context.Context
}

func (h *handler) Setup(s sarama.ConsumerGroupSession) error {
	h.run.Joined(h.name, s.Claims()[h.run.Topic])
	return nil
}

func (h *handler) Cleanup(s sarama.ConsumerGroupSession) error { s.Commit(); return nil }

func (h *handler) ConsumeClaim(s sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select { // the end of the session first: what is still in the channel then belongs to somebody else
		case <-s.Context().Done():
			return nil
		default:
		}
		select {
		case <-s.Context().Done():
			return nil
		case m, ok := <-claim.Messages():
			if !ok {
				return nil
			}
			h.mu.Lock()
			if h.stop.Err() != nil {
				h.mu.Unlock()
				return nil
			}
			rest := h.run.Record(h.name, m.Partition, m.Offset, m.Value)
			s.MarkMessage(m, "")
			time.Sleep(rest)
			h.mu.Unlock()
		}
	}
}

func join(run *scenario.Run, name string, leave <-chan struct{}) {
	group, err := sarama.NewConsumerGroup(run.Brokers, "group-"+run.Topic, config(run))
	if err != nil {
		scenario.Die("group", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-leave; cancel() }()
	for ctx.Err() == nil {
		if err := group.Consume(ctx, []string{run.Topic}, &handler{run: run, name: name, stop: ctx}); err != nil && ctx.Err() == nil {
			scenario.Die("consume", err)
		}
	}
	if err := group.Close(); err != nil {
		scenario.Die("close", err)
	}
}
