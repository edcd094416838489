// Package scenario is what the franz-go and the sarama program share: flags, the records, and when members come and go.
//
// One run: create a topic, produce Count records, consume them in a group: member a alone, then a and b, then b leaves and
// a finishes. Every record processed is printed as "r MEMBER PARTITION OFFSET INDEX", every assignment as "j MEMBER TOTAL
// PARTITIONS"; the caller checks those lines.
package scenario

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

type Run struct {
	Brokers    []string
	Topic      string
	Codec      string
	Count      int
	Partitions int

	mu     sync.Mutex
	out    *bufio.Writer
	total  int
	bGot   int
	left   bool
	BLeave chan struct{} // closed when b has had its share
	BJoin  chan struct{} // closed when b shall join
	Done   chan struct{} // closed when all records were processed
}

func New() *Run {
	r := &Run{BLeave: make(chan struct{}), BJoin: make(chan struct{}), Done: make(chan struct{})}
	brokers := flag.String("bootstrap", "127.0.0.1:9092", "")
	flag.StringVar(&r.Topic, "topic", "t", "")
	flag.StringVar(&r.Codec, "codec", "none", "")
	flag.IntVar(&r.Count, "count", 100000, "")
	flag.IntVar(&r.Partitions, "partitions", 6, "")
	flag.Parse()
	r.Brokers = strings.Split(*brokers, ",")
	r.out = bufio.NewWriterSize(os.Stdout, 1<<16)
	return r
}

var filler = strings.Repeat("the river measures itself ", 4)[:92]

func Value(i int) []byte { return []byte(fmt.Sprintf("%08d%s", i, filler)) }

// Record notes one processed record and says how long the member should wait before its next one: while b has not got
// its partitions yet, a goes slowly, so that the rebalance falls into the middle.
func (r *Run) Record(member string, partition int32, offset int64, value []byte) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.out, "r %s %d %d %s\n", member, partition, offset, value[:8])
	r.total++
	if r.total == r.Count/5 {
		close(r.BJoin)
	}
	if member == "b" {
		r.bGot++
	}
	if !r.left && (r.bGot >= r.Count/10 || r.bGot > 0 && r.total >= r.Count*7/10) {
		r.left = true
		close(r.BLeave)
	}
	if r.total == r.Count {
		close(r.Done)
	}
	if member == "a" && r.total > r.Count/5 && r.bGot == 0 && r.total%100 == 0 {
		return 2500 * time.Second / time.Duration(r.Count)
	}
	return 0
}

func (r *Run) Joined(member string, partitions []int32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.out, "j %s %d %v\n", member, r.total, partitions)
}

func (r *Run) Total() int { r.mu.Lock(); defer r.mu.Unlock(); return r.total }

func (r *Run) Finish() { r.mu.Lock(); defer r.mu.Unlock(); r.out.Flush() }

func Die(what string, err error) {
	fmt.Fprintln(os.Stderr, what+":", err)
	os.Exit(1)
}

// Watchdog ends a run that hangs, with what is known.
func (r *Run) Watchdog(limit time.Duration) {
	go func() {
		time.Sleep(limit)
		fmt.Fprintf(os.Stderr, "not finished in %v: %d of %d records processed\n", limit, r.Total(), r.Count)
		r.Finish()
		os.Exit(1)
	}()
}
