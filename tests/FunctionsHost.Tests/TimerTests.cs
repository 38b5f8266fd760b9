using CsCheck;
using IoTBackend.FunctionsHost.Timers;
using Microsoft.Extensions.Time.Testing;
using Timer = IoTBackend.FunctionsHost.Timers.Timer;

namespace FunctionsHost.Tests;

public sealed class TimerTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider time = new(Noon);
    private readonly CancellationTokenSource stopping = new();
    private readonly List<(DateTimeOffset At, TimerInput Info)> runs = [];

    public void Dispose() => stopping.Dispose();

    [Theory]
    [InlineData("*/10 * * * * *", "12:00:10")]
    [InlineData("30 15 * * * *", "12:15:30")]
    [InlineData("*/5 * * * *", "12:05:00")]
    [InlineData("00:00:07", "12:00:07")]
    [InlineData("0 0 13 * * 1-5", "13:00:00")]
    public void A_schedule_is_cron_with_or_without_seconds_or_an_interval(string text, string next) =>
        Assert.Equal(Noon.Date + TimeSpan.Parse(next), Schedule.Parse(text).Next(Noon)?.DateTime);

    [Theory]
    [InlineData("")]
    [InlineData("every minute")]
    [InlineData("* * * * * * *")]
    [InlineData("61 * * * * *")]
    [InlineData("-00:01:00")]
    [InlineData("00:00:00")]
    public void Anything_else_is_refused(string text) => Assert.Throws<FormatException>(() => Schedule.Parse(text));

    [Fact]
    public void The_next_slot_is_always_later() =>
        Gen.Select(Gen.Int[0, 59], Gen.Int[0, 59], Gen.Int[0, 1_000_000_000]).Sample((second, minute, offset) =>
        {
            var after = Noon.AddMilliseconds(offset);
            var next = Schedule.Parse($"{second} {minute} * * * *").Next(after);
            return next > after && next <= after.AddHours(1) && next.Value.Second == second && next.Value.Minute == minute;
        });

    [Fact]
    public async Task It_runs_once_per_slot()
    {
        var running = Start("*/10 * * * * *");
        for (var second = 0; second < 60; second++)
            await AdvanceAsync(TimeSpan.FromSeconds(1));
        Assert.Equal([10, 20, 30, 40, 50, 60], runs.Select(run => (run.At - Noon).TotalSeconds));
        await StopAsync(running);
    }

    [Fact]
    public async Task It_never_overlaps_itself_and_skips_what_it_missed()
    {
        var slow = new TaskCompletionSource();
        var running = Start("*/10 * * * * *", run: () => slow.Task);
        await AdvanceAsync(TimeSpan.FromSeconds(10));
        await AdvanceAsync(TimeSpan.FromSeconds(25));
        Assert.Single(runs);
        slow.SetResult();
        await AdvanceAsync(TimeSpan.FromSeconds(5));
        Assert.Equal([10, 40], runs.Select(run => (run.At - Noon).TotalSeconds));
        await StopAsync(running);
    }

    [Fact]
    public async Task On_startup_it_runs_at_once_if_asked_to()
    {
        var running = Start("0 0 0 * * *", runOnStartup: true);
        await AdvanceAsync(TimeSpan.Zero);
        Assert.Single(runs);
        await StopAsync(running);
    }

    [Fact]
    public async Task A_slot_missed_while_no_host_was_there_is_made_up_for_once()
    {
        var memory = new Memory { Status = new() { Last = Noon.AddHours(-3).UtcDateTime, Next = Noon.AddHours(-2).UtcDateTime } };
        var running = Start("0 30 * * * *", memory: memory);
        await AdvanceAsync(TimeSpan.Zero);
        Assert.True(Assert.Single(runs).Info.IsPastDue);
        await AdvanceAsync(TimeSpan.FromMinutes(30));
        Assert.Equal(2, runs.Count);
        Assert.False(runs[1].Info.IsPastDue);
        Assert.Equal(Noon.AddMinutes(90).UtcDateTime, memory.Status.Next);
        await StopAsync(running);
    }

    [Fact]
    public async Task A_first_start_is_not_a_missed_slot()
    {
        var memory = new Memory();
        var running = Start("0 30 * * * *", memory: memory);
        await AdvanceAsync(TimeSpan.Zero);
        Assert.Empty(runs);
        Assert.Equal(Noon.AddMinutes(30).UtcDateTime, memory.Status?.Next);
        await StopAsync(running);
    }

    private Task Start(string schedule, bool runOnStartup = false, Memory? memory = null, Func<Task>? run = null) =>
        new Timer(Schedule.Parse(schedule), time, runOnStartup, memory, (info, _) =>
        {
            runs.Add((time.GetUtcNow(), info));
            return run?.Invoke() ?? Task.CompletedTask;
        }).RunAsync(stopping.Token, CancellationToken.None);

    // Continuations run on the thread that moves the clock; a few yields let those that do not catch up.
    private async Task AdvanceAsync(TimeSpan by)
    {
        time.Advance(by);
        for (var i = 0; i < 20; i++)
            await Task.Yield();
    }

    private async Task StopAsync(Task running)
    {
        await stopping.CancelAsync();
        await running;
    }

    private sealed class Memory : ITimerMemory
    {
        public ScheduleStatus? Status { get; set; }

        public Task<ScheduleStatus?> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(Status);

        public Task WriteAsync(ScheduleStatus status, CancellationToken cancellationToken)
        {
            Status = status;
            return Task.CompletedTask;
        }
    }
}
