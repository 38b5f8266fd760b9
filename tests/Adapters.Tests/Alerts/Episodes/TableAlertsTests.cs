using Azure.Data.Tables;
using IoTBackend.Adapters.Alerts.Episodes;
using IoTBackend.Adapters.Changes;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Signals;
using Local.Tests;

namespace Adapters.Tests.Alerts.Episodes;

public sealed class TableAlertsTests(StorageAccount storage) : IClassFixture<StorageAccount>, IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 11, 20, 22, 0, 0, TimeSpan.Zero);

    private readonly TableServiceClient _tables = new(storage.ConnectionString);
    private TableAlerts _alerts = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _tables.DeleteTableAsync(TableNames.Alerts, Cancellation);
        await _tables.DeleteTableAsync(TableNames.OpenAlerts, Cancellation);
        await new CreateTables(_tables).StartAsync(Cancellation);
        _alerts = new(_tables, new TableComments(_tables), new ChangeNotes(new(_tables, TimeProvider.System), TimeProvider.System));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_stored_alert_is_found_by_its_id_with_its_evidence()
    {
        var alert = await StoreAsync("d1", 0, AlertChange.Opened);
        var found = (await _alerts.FindAsync(alert.Id, Cancellation))!.Alert;
        Assert.Equal((alert.Summary, alert.RaisedAt, "3"), (found.Summary, found.RaisedAt, found.Evidence["missed"].ToString()));
        Assert.Null(await _alerts.FindAsync("d1~device.offline~1", Cancellation));
        Assert.Null(await _alerts.FindAsync("no id", Cancellation));
    }

    [Fact]
    public async Task A_write_over_what_somebody_else_wrote_is_refused()
    {
        var alert = await StoreAsync("d1", 0, AlertChange.Opened);
        var stored = (await _alerts.FindAsync(alert.Id, Cancellation))!;
        Assert.False(await _alerts.TrySaveAsync(stored with { Version = null }, Cancellation));
        Assert.True(await _alerts.TrySaveAsync(stored with { Alert = alert with { Summary = "1" } }, Cancellation));
        Assert.False(await _alerts.TrySaveAsync(stored with { Alert = alert with { Summary = "2" } }, Cancellation));
    }

    [Fact]
    public async Task Open_alerts_are_listed_until_they_are_cleared_the_newest_first()
    {
        foreach (var (device, minutes) in new[] { ("a", 1), ("b", 3), ("c", 2) })
            await StoreAsync(device, minutes, AlertChange.Opened);
        await StoreAsync("b", 3, AlertChange.Cleared);
        await StoreAsync("c", 2, AlertChange.Acknowledged);
        Assert.Equal("a", await DevicesOf(AlertState.Open));
        Assert.Equal("c", await DevicesOf(AlertState.Acknowledged));
        Assert.Equal("b", await DevicesOf(AlertState.Cleared));
        Assert.Equal("b c a", await DevicesOf(null));
        Assert.Equal(["a", "c"], (await _alerts.ListOpenAsync(Cancellation).ToListAsync(Cancellation)).Select(a => a.DeviceId).Order());
        Assert.Equal("c", (await _alerts.ListOpenAsync("c", Cancellation)).Single().DeviceId);
        Assert.Empty(await _alerts.ListOpenAsync("b", Cancellation));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(AlertState.Open, null)]
    [InlineData(null, "d")]
    [InlineData(AlertState.Open, "d")]
    public async Task Pages_continue_over_days_and_miss_and_repeat_nothing(AlertState? state, string? device)
    {
        // Half an hour apart: over midnight.
        for (var i = 0; i < 11; i++)
            await StoreAsync("d", 30 * i, AlertChange.Opened);
        var pages = new List<AlertPage>();
        do
            pages.Add(await _alerts.ListAsync(new(state, device, 4, pages.LastOrDefault()?.Continuation), Cancellation));
        while (pages[^1].Continuation is not null);
        Assert.Equal([4, 4, 3], pages.Select(p => p.Alerts.Count));
        Assert.Equal(Enumerable.Range(0, 11).Select(i => Start.AddMinutes(30 * i)).Reverse(), pages.SelectMany(p => p.Alerts).Select(a => a.RaisedAt));
    }

    [Theory]
    [InlineData(null, 2000)]
    [InlineData(null, 3)]
    [InlineData(AlertState.Open, 2000)]
    public async Task What_happened_at_a_site_since_a_time_is_found_whole_however_few_are_looked_at_for_a_page(AlertState? state, int looked)
    {
        for (var i = 0; i < 10; i++)
            await ApplyAsync(Step($"d{i}", 60 * i, AlertChange.Opened) with { Groups = i % 2 == 0 ? ["site-a"] : ["site-b"] });
        await ApplyAsync(Step("site-a", 60 * 10, AlertChange.Opened) with { DeviceId = null, Group = "site-a" });
        var alerts = new TableAlerts(_tables, new TableComments(_tables), new ChangeNotes(new(_tables, TimeProvider.System), TimeProvider.System)) { MaxLooked = looked };
        var pages = new List<AlertPage>();
        do
            pages.Add(await alerts.ListAsync(new(state, null, 2, pages.LastOrDefault()?.Continuation, Group: "site-a", Since: Start.AddHours(4)), Cancellation));
        while (pages[^1].Continuation is not null);
        Assert.Equal(["site-a", "d8", "d6", "d4"], pages.SelectMany(p => p.Alerts).Select(a => a.DeviceId ?? a.Group));
    }

    [Fact]
    public async Task What_was_before_is_not_read_to_find_what_happened_since()
    {
        for (var i = 0; i < 5; i++)
            await StoreAsync("d", 60 * i, AlertChange.Opened);
        var alerts = new TableAlerts(_tables, new TableComments(_tables), new ChangeNotes(new(_tables, TimeProvider.System), TimeProvider.System)) { MaxLooked = 2 };
        foreach (var device in new[] { null, "d" })
            Assert.Null((await alerts.ListAsync(new(null, device, 10, null, Since: Start.AddHours(3)), Cancellation)).Continuation);
    }

    [Fact]
    public async Task A_subject_with_any_characters_has_a_history_of_its_own()
    {
        const string group = "gateway/7 #1?~x\\";
        var step = Step(group, 0, AlertChange.Opened) with { DeviceId = null, Group = group };
        await ApplyAsync(step);
        Assert.Equal(group, (await _alerts.FindAsync(step.AlertId, Cancellation))!.Alert.Group);
        Assert.Single((await _alerts.ListAsync(new(AlertState.Open, null, 10, null), Cancellation)).Alerts);
    }

    [Fact]
    public async Task What_is_past_its_retention_goes_with_its_comments_unless_it_is_still_open()
    {
        await StoreAsync("old", 0, AlertChange.Cleared);
        await StoreAsync("open", 0, AlertChange.Opened);
        await StoreAsync("new", 3 * 24 * 60, AlertChange.Cleared);
        var comments = new TableComments(_tables);
        var id = AlertTransition.IdOf("old", AlertKind.DeviceOffline, Start);
        await comments.AddAsync(id, new(Start, "me", "Seen."), Cancellation);
        Assert.Single(await comments.ListAsync(id, Cancellation));
        await _alerts.TrimAsync(Start.AddDays(2), Cancellation);
        Assert.Equal("new open", await DevicesOf(null));
        Assert.Empty(await comments.ListAsync(id, Cancellation));
    }

    [Fact]
    public async Task A_continuation_that_is_rubbish_gives_a_page_and_no_error()
    {
        await StoreAsync("d", 0, AlertChange.Opened);
        foreach (var device in new[] { null, "d" })
            Assert.NotNull(await _alerts.ListAsync(new(null, device, 10, "rubbish' or 1 eq 1"), Cancellation));
    }

    private async Task<string> DevicesOf(AlertState? state) =>
        string.Join(' ', (await _alerts.ListAsync(new(state, null, 10, null), Cancellation)).Alerts.Select(a => a.DeviceId));

    private Task<Alert> StoreAsync(string device, int minutes, AlertChange change) => ApplyAsync(Step(device, minutes, change));

    private async Task<Alert> ApplyAsync(AlertTransition step)
    {
        var stored = await _alerts.FindAsync(step.AlertId, Cancellation);
        var alert = AlertLife.Apply(stored?.Alert, step);
        Assert.True(await _alerts.TrySaveAsync(new(alert, stored?.Version), Cancellation));
        await _alerts.ListOpenOrNotAsync(step.AlertId, Cancellation);
        return alert;
    }

    private static AlertTransition Step(string subject, int minutes, AlertChange change) => new()
    {
        AlertId = AlertTransition.IdOf(subject, AlertKind.DeviceOffline, Start.AddMinutes(minutes)),
        Change = change,
        Kind = AlertKind.DeviceOffline,
        Severity = Severity.Warning,
        DeviceId = subject,
        Summary = "It is silent.",
        RaisedAt = Start.AddMinutes(minutes),
        At = Start.AddMinutes(minutes),
        Evidence = new Dictionary<string, object> { ["missed"] = 3 },
    };
}
