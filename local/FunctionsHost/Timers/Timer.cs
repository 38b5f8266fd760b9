namespace IoTBackend.FunctionsHost.Timers;

/// <summary>One timer on one host: a run at a time, missed slots skipped, a slot missed for want of a host made up for once.</summary>
internal sealed class Timer(Schedule schedule, TimeProvider time, bool runOnStartup, ITimerMemory? memory, Func<TimerInput, CancellationToken, Task> run)
{
    // Task.Delay takes no more than about 49 days.
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(1);

    private ScheduleStatus? status;

    /// <summary>Returns on stopping, once the run under way has ended, or when the schedule has no further slot.</summary>
    public async Task RunAsync(CancellationToken stopping, CancellationToken abort)
    {
        status = memory is null ? null : await memory.ReadAsync(abort);
        var now = time.GetUtcNow();
        var missed = status is not null && schedule.Next(Utc(status.Last == default ? status.LastUpdated : status.Last)) <= now;
        if (missed || runOnStartup)
            await FireAsync(now, missed, abort);
        else
            await RememberAsync(now, status?.Last ?? default, abort);

        for (var slot = schedule.Next(now); slot is { } due; slot = schedule.Next(Later(due, time.GetUtcNow())))
        {
            if (!await UntilAsync(due, stopping))
                return;
            await FireAsync(due, pastDue: false, abort);
        }
    }

    private async Task FireAsync(DateTimeOffset slot, bool pastDue, CancellationToken cancellationToken)
    {
        await run(new(status, pastDue), cancellationToken);
        await RememberAsync(slot, slot.UtcDateTime, cancellationToken);
    }

    private async Task RememberAsync(DateTimeOffset slot, DateTime last, CancellationToken cancellationToken)
    {
        if (memory is null)
            return;
        var now = time.GetUtcNow();
        status = new() { Last = last, Next = (schedule.Next(Later(slot, now)) ?? DateTimeOffset.MaxValue).UtcDateTime, LastUpdated = now.UtcDateTime };
        await memory.WriteAsync(status, cancellationToken);
    }

    private async Task<bool> UntilAsync(DateTimeOffset due, CancellationToken stopping)
    {
        try
        {
            for (var left = due - time.GetUtcNow(); left > TimeSpan.Zero; left = due - time.GetUtcNow())
                await Task.Delay(left < LongestDelay ? left : LongestDelay, time, stopping);
            return !stopping.IsCancellationRequested;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return false;
        }
    }

    // A timer may wake a moment early: the slot after this one, never this one twice.
    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static DateTimeOffset Utc(DateTime value) => new(DateTime.SpecifyKind(value, DateTimeKind.Utc));
}
