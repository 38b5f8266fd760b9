using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Engine;

namespace Agent.Tests.Updates;

/// <summary>A server that wants another image again and again: each costs the device's flash a download and its service a restart.</summary>
public sealed class WearTests
{
    [Fact]
    public async Task So_many_images_are_tried_at_once_and_then_one_every_few_minutes_and_that_is_told()
    {
        using var device = new Device(Strategy.Replace, _ => Health.Healthy);
        var pulled = 0;
        device.Engine.Pulls = (_, _) =>
        {
            pulled++;
            return Task.CompletedTask;
        };
        const int hours = 5;
        for (var wanted = 0; device.Now < hours * TimeSpan.FromHours(1); wanted++)
        {
            device.Want(Device.Image("0123456789abcdef"[wanted % 16]) with { Attempt = wanted });
            await device.PassAsync(TimeSpan.FromSeconds(20));
        }

        Assert.InRange(pulled, Device.MostTried, Device.MostTried + hours * TimeSpan.FromHours(1) / Device.TryAnother + 1);
        Assert.Contains("too many images were wanted one after the other; one in 3 minutes is tried", device.Reasons);
        Assert.Single(device.Engine.Running);
    }
}
