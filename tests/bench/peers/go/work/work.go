// Package work is what the peers written in Go share: options, a goroutine for each session behind
// a semaphore, the check of each output, and the line of JSON that tells the outcome. It is the
// twin of session_work.py.
package work

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// PagerOff is sent before the commands.
const PagerOff = "terminal length 0"

// Limit is longer than any session of the race is meant to last.
const Limit = 240 * time.Second

type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

// Work is what one run is to do.
type Work struct {
	User, Password   string
	Commands, Expect list
	IsExec           bool
	AtOnce, count    int
	targets          string
}

// Target is one device.
type Target struct{ Host, Port string }

type outcome struct {
	OK        int     `json:"ok"`
	Failed    int     `json:"failed"`
	Error     *string `json:"error"`
	ElapsedS  float64 `json:"elapsed_s"`
	CPUS      float64 `json:"cpu_s"`
	MaxRSSKiB int64   `json:"max_rss_kib"`
	PSSKiB    int64   `json:"pss_kib"`
}

func options() *Work {
	w := &Work{}
	flag.StringVar(&w.targets, "targets", "", "a file: host and port, a line each")
	flag.IntVar(&w.count, "count", 0, "the first so many of them")
	flag.IntVar(&w.AtOnce, "at-once", 1, "sessions at once")
	flag.StringVar(&w.User, "user", "", "")
	flag.StringVar(&w.Password, "password", "", "")
	flag.Var(&w.Commands, "command", "repeatable")
	flag.Var(&w.Expect, "expect", "one for each command")
	flag.BoolVar(&w.IsExec, "exec", false, "by exec instead of a shell")
	flag.Parse()
	return w
}

func readTargets(path string, count int) ([]Target, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	found := make([]Target, 0, count)
	lines := bufio.NewScanner(file)
	for lines.Scan() && len(found) < count {
		if part := strings.Fields(lines.Text()); len(part) == 2 {
			found = append(found, Target{part[0], part[1]})
		}
	}
	return found, lines.Err()
}

// Check tells whether the output of a command, without what follows it, ends as it must.
func (w *Work) Check(number int, output string) error {
	if !strings.HasSuffix(strings.TrimRight(output, " \r\n"), w.Expect[number]) {
		return fmt.Errorf("%s: ends with %.80q, not with %q", w.Commands[number],
			output[max(0, len(output)-80):], w.Expect[number])
	}
	return nil
}

func max(a, b int) int {
	if a > b {
		return a
	}
	return b
}

// Run runs session for each target and prints the outcome.
func Run(session func(*Work, Target) error) {
	w := options()
	targets, err := readTargets(w.targets, w.count)
	if err != nil || len(w.Expect) != len(w.Commands) {
		fmt.Fprintln(os.Stderr, "targets, commands and what is expected of them are needed:", err)
		os.Exit(2)
	}
	raiseDescriptors()
	var out outcome
	var lock sync.Mutex
	var all sync.WaitGroup
	room := make(chan struct{}, w.AtOnce)
	began := time.Now()
	for _, target := range targets {
		room <- struct{}{}
		all.Add(1)
		go func(target Target) {
			defer all.Done()
			err := session(w, target)
			<-room
			lock.Lock()
			defer lock.Unlock()
			if err == nil {
				out.OK++
				return
			}
			out.Failed++
			if out.Error == nil {
				text := err.Error()
				out.Error = &text
			}
		}(target)
	}
	all.Wait()
	out.ElapsedS = time.Since(began).Seconds()
	out.measure()
	line, _ := json.Marshal(out)
	fmt.Println(string(line))
}

func raiseDescriptors() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		limit.Cur = limit.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	}
}

func seconds(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }

func (out *outcome) measure() {
	var own, children syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &own)
	_ = syscall.Getrusage(syscall.RUSAGE_CHILDREN, &children)
	out.CPUS = seconds(own.Utime) + seconds(own.Stime) + seconds(children.Utime) +
		seconds(children.Stime)
	out.MaxRSSKiB = own.Maxrss
	if file, err := os.Open("/proc/self/smaps_rollup"); err == nil {
		defer file.Close()
		lines := bufio.NewScanner(file)
		for lines.Scan() {
			if _, err := fmt.Sscanf(lines.Text(), "Pss: %d kB", &out.PSSKiB); err == nil {
				return
			}
		}
	}
}
