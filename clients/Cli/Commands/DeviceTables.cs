using IoTBackend.Cli.Api;
using IoTBackend.Cli.Output;

namespace IoTBackend.Cli.Commands;

/// <summary>Devices as people read them.</summary>
internal static class DeviceTables
{
    public static Table<DeviceDocument> List(DateTimeOffset now) => new(
        new("DEVICE", d => d.DeviceId),
        new("STATUS", d => d.Status, d => Shades.Of(d.Status)),
        new("SEEN", d => Words.Age(d.LastSeenAt, now), IsNumber: true),
        new("BATTERY", d => d.Battery is { } battery ? Level(battery) : "-", d => Shades.Of(d.Battery?.State), IsNumber: true),
        new("EMPTY", d => d.Forecast?.Empty?.ExpectedAt is { } empty ? $"in {Words.Span(empty - now)}" : "-", Rank: 2, IsNumber: true),
        new("SIGNAL", d => d.Link?.Rssi is { } rssi ? $"{rssi:0} dBm" : "-", Rank: 3, IsNumber: true),
        new("MODEL", d => d.Model ?? "-", Rank: 1),
        new("GROUPS", d => Words.List(d.Groups), Rank: 4, CutTo: 24));

    public static void Show(Screen screen, DeviceDocument device)
    {
        var now = screen.Now;
        new Facts()
            .Add("Device", device.DeviceId)
            .Add("Status", device.Status, Shades.Of(device.Status))
            .Add("Last seen", Words.Time(device.LastSeenAt, now))
            .Add("Registered", Words.Time(device.RegisteredAt, now))
            .Add("Model", device.Model)
            .Add("Platform", device.Platform)
            .Add("Groups", Words.List(device.Groups))
            .Add("Labels", Words.List(device.Labels.Select(label => $"{label.Key}={label.Value}")))
            .Add("Reports every", Words.Duration(device.ReportingInterval))
            .Add("Battery", device.Battery is { } battery ? Battery(battery) : null, Shades.Of(device.Battery?.State))
            .Add("Empty", Expected(device.Forecast?.Empty, now))
            .Add("Critical", Expected(device.Forecast?.Critical, now))
            .Add("Low", Expected(device.Forecast?.Low, now))
            .Add("Link", device.Link is { } link ? Link(link) : null)
            .Add("Clock off by", device.ClockSkew is "PT0S" ? null : Words.Duration(device.ClockSkew))
            .Add("Readings", device.Readings is { } readings ? Words.Count(readings) : null)
            .Draw(screen);
        if (device.Images is { Count: > 0 } images)
        {
            screen.Heading("Runs");
            new Table<KeyValuePair<string, string>>(new("TRACK", i => i.Key), new("IMAGE", i => i.Value)).Draw(screen, [.. images]);
        }

        if (device.OpenAlerts is { Count: > 0 } alerts)
        {
            screen.Heading("Open alerts");
            AlertTables.List(now).Draw(screen, alerts);
        }
    }

    private static string Level(BatteryCondition battery) =>
        battery.Percent is not null ? Words.Percent(battery.Percent) : battery.Voltage is { } volts ? string.Create(null, $"{volts:0.00} V") : battery.State;

    private static string Battery(BatteryCondition battery) => string.Join(", ", new[]
    {
        battery.State,
        battery.Percent is null ? null : Words.Percent(battery.Percent),
        battery.Voltage is { } volts ? string.Create(null, $"{volts:0.00} V") : null,
        battery.DrainPerDay is { } drain ? string.Create(null, $"loses {drain:0.##} {(battery.DrainUnit == "percent" ? "%" : "V")} a day") : null,
    }.OfType<string>());

    private static string Link(LinkCondition link) => Words.List(new[]
    {
        link.Rssi is { } rssi ? string.Create(null, $"{rssi:0} dBm") : null,
        link.RssiBaseline is { } usual ? string.Create(null, $"usually {usual:0} dBm") : null,
        link.LossRatio is { } loss ? $"{Words.Percent(loss * 100)} lost" : null,
        link.Gateway is { } gateway ? $"through {gateway}" : null,
    }.OfType<string>());

    private static string? Expected(Forecast? forecast, DateTimeOffset now) => forecast?.ExpectedAt is not { } at ? null :
        $"{Words.Time(at, now)}, between {Words.Day(forecast.Earliest)} and {(forecast.Latest is null ? "later than can be said" : Words.Day(forecast.Latest))}";
}
