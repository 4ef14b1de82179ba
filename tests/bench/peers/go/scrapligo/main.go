// scrapligo on its standard transport (golang.org/x/crypto/ssh), a goroutine for each session, the
// best that it can be made to do: strict host keys and the climb to privileged mode are off, on
// opening it turns the pager off and does no more. It looks for input by the clock, every 0.25 ms
// by default: that stays for few sessions, whom it serves best; beyond a hundred it looks every
// millisecond, which leaves the processor more time. (Not more seldom: its closing may wait as long
// as the square of that.)
package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/scrapli/scrapligo/driver/network"
	"github.com/scrapli/scrapligo/driver/options"
	"github.com/scrapli/scrapligo/platform"

	"poller-peers/work"
)

const few = 100

func readDelay(w *work.Work) time.Duration {
	if w.AtOnce <= few {
		return 250 * time.Microsecond
	}
	return time.Millisecond
}

func pagerOff(d *network.Driver) error {
	_, err := d.Channel.SendInput(work.PagerOff)
	return err
}

func exitShell(d *network.Driver) error {
	return d.Channel.WriteAndReturn([]byte("exit"), false)
}

func visit(w *work.Work, at work.Target) error {
	port, err := strconv.Atoi(at.Port)
	if err != nil {
		return err
	}
	made, err := platform.NewPlatform("cisco_iosxe", at.Host, options.WithPort(port),
		options.WithAuthUsername(w.User), options.WithAuthPassword(w.Password),
		options.WithAuthNoStrictKey(), options.WithTransportType("standard"),
		options.WithDefaultDesiredPriv("exec"), options.WithNetworkOnOpen(pagerOff),
		options.WithNetworkOnClose(exitShell), options.WithTimeoutOps(work.Limit),
		options.WithTimeoutSocket(work.Limit), options.WithReadDelay(readDelay(w)))
	if err != nil {
		return err
	}
	device, err := made.GetNetworkDriver()
	if err != nil {
		return err
	}
	if err := device.Open(); err != nil {
		return err
	}
	defer device.Close()
	for number, command := range w.Commands {
		answer, err := device.SendCommand(command)
		if err != nil {
			return err
		}
		if answer.Failed != nil {
			return fmt.Errorf("%s: %w", command, answer.Failed)
		}
		if err := w.Check(number, answer.Result); err != nil {
			return err
		}
	}
	return nil
}

func main() { work.Run(visit) }
