using System.ComponentModel;
using IoTBackend.Cli.Api;
using ModelContextProtocol.Server;

namespace IoTBackend.Cli.Mcp;

/// <summary>What an assistant may look at.</summary>
internal sealed class ReadTools(Backend backend)
{
    private const int LargestPage = 200;

    [McpServerTool(Name = "backend_status", ReadOnly = true), Description("How the backend itself is: how far telemetry processing is behind, per partition; waiting messages per queue; refused events.")]
    public Task<string> StatusAsync(CancellationToken cancellationToken) => Tool.AnswerAsync(() => backend.GetStatusAsync(cancellationToken));

    [McpServerTool(Name = "fleet_summary", ReadOnly = true), Description("How many devices there are, by status (online, offline, neverSeen, disabled) and by model.")]
    public Task<string> SummaryAsync(CancellationToken cancellationToken) => Tool.AnswerAsync(() => backend.SummarizeFleetAsync(cancellationToken));

    [McpServerTool(Name = "list_devices", ReadOnly = true), Description("Devices with status, battery, forecast, link and running images, by id, a page at a time.")]
    public Task<string> DevicesAsync(
        [Description("Terms separated by spaces, all of which must hold: status:, model:, group:, platform:, label.NAME:, image:, id: (a prefix), battery<PERCENT. For example: status:offline group:site-a battery<20")] string? filter = null,
        [Description("Most entries, 1 to 200")] int top = 50,
        [Description("What the page before said")] string? continuation = null,
        CancellationToken cancellationToken = default) => Tool.AnswerAsync(() => backend.ListDevicesAsync(filter, Page(top), continuation, cancellationToken: cancellationToken));

    [McpServerTool(Name = "show_device", ReadOnly = true), Description("One device in full, with its open alerts.")]
    public Task<string> DeviceAsync([Description("The device's id")] string device, CancellationToken cancellationToken) => Tool.AnswerAsync(() => backend.GetDeviceAsync(device, cancellationToken));

    [McpServerTool(Name = "list_alerts", ReadOnly = true), Description("Alerts, the newest first, a page at a time: who has gone silent, whose battery fails, which release is held, and why.")]
    public Task<string> AlertsAsync(
        [Description("open, acknowledged or cleared; left out = all")] string? state = null,
        [Description("device.offline, battery.low, group.outage, release.held ...")] string? kind = null,
        [Description("Only of this device")] string? device = null,
        [Description("Only of this group and its devices")] string? group = null,
        [Description("Only those raised at this time or later: 2026-12-01T00:00:00Z")] DateTimeOffset? since = null,
        [Description("Most entries, 1 to 200")] int top = 50,
        [Description("What the page before said")] string? continuation = null,
        CancellationToken cancellationToken = default) => Tool.AnswerAsync(() => backend.ListAlertsAsync(state, kind, device, group, since, Page(top), continuation, cancellationToken));

    [McpServerTool(Name = "show_alert", ReadOnly = true), Description("One alert in full: evidence, history, who was told and what they answered.")]
    public Task<string> AlertAsync([Description("The alert's id")] string alert, CancellationToken cancellationToken) => Tool.AnswerAsync(() => backend.GetAlertAsync(alert, cancellationToken));

    [McpServerTool(Name = "list_releases", ReadOnly = true), Description("Releases of container images, the newest first, with the verdict of each gate.")]
    public Task<string> ReleasesAsync([Description("Only of this track")] string? track = null, CancellationToken cancellationToken = default) => Tool.AnswerAsync(() => backend.ListReleasesAsync(track, cancellationToken));

    [McpServerTool(Name = "show_release", ReadOnly = true), Description("One release in full: gates with verdicts and reasons, approvals, overrides, platforms and sizes.")]
    public Task<string> ReleaseAsync([Description("The release's id")] string release, CancellationToken cancellationToken) => Tool.AnswerAsync(() => backend.GetReleaseAsync(release, cancellationToken));

    [McpServerTool(Name = "release_progress", ReadOnly = true), Description("How many devices are how far with a release, and of the first 200 of them who waits and why.")]
    public Task<string> ProgressAsync([Description("The release's id")] string release, CancellationToken cancellationToken) => Tool.AnswerAsync(async () =>
    {
        var whole = await backend.GetReleaseDevicesAsync(release, cancellationToken);
        return whole with { Devices = [.. whole.Devices.Take(LargestPage)] };
    });

    [McpServerTool(Name = "show_rollout", ReadOnly = true), Description("How far a release's rollout is: wave, devices by step, who waits and why, what the figures say against the image before, when it may be through.")]
    public Task<string> RolloutAsync([Description("The release's id")] string release, CancellationToken cancellationToken) => Tool.AnswerAsync(() => backend.GetRolloutAsync(release, cancellationToken));

    [McpServerTool(Name = "release_timeline", ReadOnly = true), Description("What was decided about a release and the latest steps of its rollout, the newest first, with who and why.")]
    public Task<string> TimelineAsync([Description("The release's id")] string release, CancellationToken cancellationToken) => Tool.AnswerAsync(() => backend.GetRolloutTimelineAsync(release, LargestPage, cancellationToken));

    [McpServerTool(Name = "list_pinned_devices", ReadOnly = true), Description("Devices that are kept at what they run on a track, or out of one release, by whom and why.")]
    public Task<string> PinnedAsync([Description("The track")] string track, CancellationToken cancellationToken) => Tool.AnswerAsync(() => backend.ListHeldDevicesAsync(track, cancellationToken));

    [McpServerTool(Name = "dry_run_release", ReadOnly = true), Description("What would happen if a release went out now: to whom, how much they download, who is left out and why, what stands in the way.")]
    public Task<string> DryRunAsync([Description("The release's id")] string release, CancellationToken cancellationToken) => Tool.AnswerAsync(() => backend.GetReleaseDryRunAsync(release, cancellationToken));

    [McpServerTool(Name = "who_is_exposed", ReadOnly = true), Description("Which devices run an image with a vulnerability or a package. Give one of the two.")]
    public Task<string> ExposureAsync(
        [Description("A vulnerability: CVE-2026-1234")] string? cve = null,
        [Description("A package: openssl, openssl@3.0.1, pkg:deb/debian/openssl")] string? package = null,
        [Description("Most entries, 1 to 200")] int top = 50,
        [Description("What the page before said")] string? continuation = null,
        CancellationToken cancellationToken = default) => Tool.AnswerAsync(() => backend.GetExposureAsync(cve, package, Page(top), continuation, cancellationToken));

    [McpServerTool(Name = "who_would_be_told", ReadOnly = true), Description("Which channels would be told of an alert now, and why; nothing is sent.")]
    public Task<string> AudienceAsync(
        [Description("Of the alert: device.offline, battery.low ...")] string kind,
        [Description("information, warning or critical")] string severity = "warning",
        [Description("The device it is about")] string? device = null,
        [Description("The group it is about")] string? group = null,
        CancellationToken cancellationToken = default) =>
        Tool.AnswerAsync(() => backend.PreviewRoutesAsync(new() { Kind = kind, Severity = severity, DeviceId = device, Group = group }, cancellationToken));

    [McpServerTool(Name = "list_channels", ReadOnly = true), Description("Where alerts go, without secrets.")]
    public Task<string> ChannelsAsync(CancellationToken cancellationToken) => Tool.AnswerAsync(() => backend.ListChannelsAsync(cancellationToken));

    [McpServerTool(Name = "list_mutes", ReadOnly = true), Description("What is quiet, until when and why.")]
    public Task<string> MutesAsync(CancellationToken cancellationToken) => Tool.AnswerAsync(() => backend.ListMutesAsync(cancellationToken));

    private static int Page(int top) => Math.Clamp(top, 1, LargestPage);
}
