// The scenario with franz-go: admin by kadm, idempotent acks=all producer, classic group with commits before revoke.
package main

import (
	"context"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"weir/tests/e2e/scenario"
)

func main() {
	run := scenario.New()
	run.Watchdog(100 * time.Second)
	ctx := context.Background()
	codec := map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(),
		"snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}[run.Codec]
	producer, err := kgo.NewClient(kgo.SeedBrokers(run.Brokers...), kgo.ProducerBatchCompression(codec),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.RequiredAcks(kgo.AllISRAcks()))
	if err != nil {
		scenario.Die("client", err)
	}
	if answer, err := kadm.NewClient(producer).CreateTopic(ctx, int32(run.Partitions), 3, nil, run.Topic); err != nil || answer.Err != nil {
		scenario.Die("create", err)
	}
	var failed error
	var once sync.Once
	for i := 0; i < run.Count; i++ {
		producer.Produce(ctx, &kgo.Record{Topic: run.Topic, Partition: int32(i % run.Partitions), Value: scenario.Value(i)},
			func(_ *kgo.Record, err error) {
				if err != nil {
					once.Do(func() { failed = err })
				}
			})
	}
	if err := producer.Flush(ctx); err != nil || failed != nil {
		scenario.Die("produce", failed)
	}
	producer.Close()

	var members sync.WaitGroup
	members.Add(2)
	go func() { defer members.Done(); member(run, "a", run.Done) }()
	go func() { defer members.Done(); <-run.BJoin; member(run, "b", run.BLeave) }()
	members.Wait()
	run.Finish()
}

func member(run *scenario.Run, name string, leave <-chan struct{}) {
	client, err := kgo.NewClient(kgo.SeedBrokers(run.Brokers...), kgo.ConsumerGroup("group-"+run.Topic),
		kgo.ConsumeTopics(run.Topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.BlockRebalanceOnPoll(),
		kgo.HeartbeatInterval(300*time.Millisecond), kgo.SessionTimeout(10*time.Second), kgo.AutoCommitMarks(),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, got map[string][]int32) { run.Joined(name, got[run.Topic]) }),
		kgo.OnPartitionsRevoked(func(ctx context.Context, c *kgo.Client, _ map[string][]int32) {
			if err := c.CommitMarkedOffsets(ctx); err != nil {
				scenario.Die("commit", err)
			}
		}))
	if err != nil {
		scenario.Die("client", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-leave; cancel() }()
	for ctx.Err() == nil {
		fetches := client.PollRecords(ctx, 200)
		var rest time.Duration
		fetches.EachRecord(func(r *kgo.Record) {
			rest += run.Record(name, r.Partition, r.Offset, r.Value)
			client.MarkCommitRecords(r)
		})
		client.AllowRebalance()
		time.Sleep(rest)
	}
	if err := client.CommitMarkedOffsets(context.Background()); err != nil {
		scenario.Die("last commit", err)
	}
	client.CloseAllowingRebalance()
}
