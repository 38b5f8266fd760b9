using Microsoft.Azure.Functions.Worker;

namespace HelloApp;

internal sealed class TimerFunctions(Seen seen)
{
    [Function("EverySecond")]
    public Task EverySecondAsync([TimerTrigger("%Sweep__Schedule%", UseMonitor = false)] TimerInfo timer, CancellationToken cancellationToken) =>
        seen.AddAsync("EverySecond", $"{timer.IsPastDue} {timer.ScheduleStatus is null}", cancellationToken);

    [Function("Hourly")]
    public Task HourlyAsync([TimerTrigger("0 0 * * * *", RunOnStartup = true)] TimerInfo timer, CancellationToken cancellationToken) =>
        seen.AddAsync("Hourly", $"{timer.IsPastDue} {timer.ScheduleStatus is null}", cancellationToken);
}
