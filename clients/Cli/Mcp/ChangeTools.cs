using System.ComponentModel;
using IoTBackend.Cli.Api;
using IoTBackend.Cli.Commands;
using ModelContextProtocol.Server;

namespace IoTBackend.Cli.Mcp;

/// <summary>
/// What an assistant may do where its operator said so. All of it is signed with the operator's name, so that an approval of the
/// assistant's is no second person's. What would show a device's keys is not among them.
/// </summary>
internal sealed class ChangeTools(Backend backend, TimeProvider time, string by)
{
    [McpServerTool(Name = "acknowledge_alert", Destructive = false, Idempotent = true), Description("Says that somebody has seen an alert; its escalation ends.")]
    public Task<string> AcknowledgeAsync([Description("The alert's id")] string alert, CancellationToken cancellationToken) =>
        Tool.AnswerAsync(() => backend.AcknowledgeAlertAsync(alert, new() { By = by }, cancellationToken));

    [McpServerTool(Name = "assign_alert", Destructive = false, Idempotent = true), Description("Says who looks after an alert.")]
    public Task<string> AssignAsync([Description("The alert's id")] string alert, [Description("Who; left out = nobody any more")] string? assignee = null, CancellationToken cancellationToken = default) =>
        Tool.AnswerAsync(() => backend.AssignAlertAsync(alert, new() { Assignee = assignee, By = by }, cancellationToken));

    [McpServerTool(Name = "comment_on_alert", Destructive = false), Description("Adds a remark to an alert's history.")]
    public Task<string> CommentAsync([Description("The alert's id")] string alert, [Description("What is to be said")] string text, CancellationToken cancellationToken) =>
        Tool.AnswerAsync(() => backend.CommentAlertAsync(alert, new() { Text = text, By = by }, cancellationToken));

    [McpServerTool(Name = "mute_alerts", Destructive = false, Idempotent = true), Description("Keeps alerts from the channels for a time; they are still listed. Critical ones are told all the same.")]
    public Task<string> MuteAsync(
        [Description("Of the mute; the same name replaces it")] string name,
        [Description("How long: 90m, 2h, 3d")] string duration,
        [Description("Why")] string reason,
        [Description("Of these devices")] string[]? devices = null,
        [Description("Of these groups")] string[]? groups = null,
        [Description("Of these kinds")] string[]? kinds = null,
        CancellationToken cancellationToken = default) => Tool.AnswerAsync(() =>
        {
            var matchers = new MuteMatchers { DeviceIds = devices, Groups = groups, Kinds = kinds };
            var until = time.GetUtcNow() + Durations.Read(duration);
            return devices is { Length: > 0 } || groups is { Length: > 0 } || kinds is { Length: > 0 }
                ? backend.PutMuteAsync(name, new() { Matchers = matchers, Until = until, Reason = reason, Author = by }, cancellationToken)
                : throw CliException.Usage("Say what is to be quiet: devices, groups or kinds.");
        });

    [McpServerTool(Name = "approve_release", Idempotent = true), Description("Approves a release in the operator's name. It may go out to devices then.")]
    public Task<string> ApproveAsync([Description("The release's id")] string release, [Description("A remark")] string? note = null, CancellationToken cancellationToken = default) =>
        Tool.AnswerAsync(() => backend.ApproveReleaseAsync(release, new() { By = by, Note = note }, cancellationToken: cancellationToken));

    [McpServerTool(Name = "override_gate"), Description("Lets a release pass a gate that holds it. It may go out to devices then.")]
    public Task<string> OverrideAsync(
        [Description("The release's id")] string release, [Description("The gate, as show_release names it")] string gate, [Description("Why; kept with the release")] string reason, CancellationToken cancellationToken) =>
        Tool.AnswerAsync(() => backend.OverrideGateAsync(release, new() { Gate = gate, By = by, Reason = reason }, cancellationToken: cancellationToken));

    [McpServerTool(Name = "pause_rollout", Idempotent = true), Description("Tells no further device of a release; those that have begun go on.")]
    public Task<string> PauseAsync([Description("The release's id")] string release, [Description("For the timeline")] string why, CancellationToken cancellationToken) =>
        Tool.AnswerAsync(() => backend.PauseRolloutAsync(release, new() { By = by, Why = why }, cancellationToken: cancellationToken));

    [McpServerTool(Name = "resume_rollout", Idempotent = true), Description("Goes on with a rollout that is paused or was stopped. It may go out to more devices then.")]
    public Task<string> ResumeAsync([Description("The release's id")] string release, [Description("For the timeline")] string why, CancellationToken cancellationToken) =>
        Tool.AnswerAsync(() => backend.ResumeRolloutAsync(release, new() { By = by, Why = why }, cancellationToken: cancellationToken));

    [McpServerTool(Name = "start_next_wave"), Description("Begins the next wave of a rollout now, without waiting for the rest of this one.")]
    public Task<string> NextWaveAsync([Description("The release's id")] string release, [Description("For the timeline")] string why, CancellationToken cancellationToken) =>
        Tool.AnswerAsync(() => backend.NextWaveAsync(release, new() { By = by, Why = why }, cancellationToken: cancellationToken));

    [McpServerTool(Name = "retry_failed"), Description("Tells the devices that failed to take a release once more.")]
    public Task<string> RetryAsync([Description("The release's id")] string release, [Description("For the timeline")] string why, CancellationToken cancellationToken) =>
        Tool.AnswerAsync(() => backend.RetryFailedAsync(release, new() { By = by, Why = why }, cancellationToken: cancellationToken));

    [McpServerTool(Name = "cancel_rollout"), Description("Ends a rollout: devices that have the release keep it, no other gets it.")]
    public Task<string> CancelAsync([Description("The release's id")] string release, [Description("For the timeline")] string why, CancellationToken cancellationToken) =>
        Tool.AnswerAsync(() => backend.CancelRolloutAsync(release, new() { By = by, Why = why }, cancellationToken: cancellationToken));

    [McpServerTool(Name = "roll_back"), Description("Takes a release back: every device that has it is told what it ran before.")]
    public Task<string> RollBackAsync([Description("The release's id")] string release, [Description("For the timeline")] string why, CancellationToken cancellationToken) =>
        Tool.AnswerAsync(() => backend.RollBackAsync(release, new() { By = by, Why = why }, cancellationToken: cancellationToken));

    [McpServerTool(Name = "pin_device", Idempotent = true), Description("Keeps a device at what it runs, whatever comes on a track; or, with a release, out of that one only.")]
    public Task<string> PinAsync(
        [Description("The device's id")] string device, [Description("The track")] string track, [Description("Why")] string why,
        [Description("Only this release's id; left out = whatever comes")] string? release = null, CancellationToken cancellationToken = default) =>
        Tool.AnswerAsync(() => backend.HoldDeviceAsync(track, device, new() { Release = release, By = by, Why = why }, cancellationToken: cancellationToken));

    [McpServerTool(Name = "unpin_device", Idempotent = true), Description("Lets a device go that was pinned or kept out of a release: it gets what it missed.")]
    public Task<string> UnpinAsync([Description("The device's id")] string device, [Description("The track")] string track, [Description("Why")] string why, CancellationToken cancellationToken) =>
        Tool.AnswerAsync(() => backend.LetDeviceGoAsync(track, device, by, why, cancellationToken: cancellationToken));

    [McpServerTool(Name = "disable_device", Idempotent = true), Description("Shuts a device out: nothing it sends is taken any more, until it is enabled.")]
    public Task<string> DisableAsync([Description("The device's id")] string device, CancellationToken cancellationToken) => Tool.AnswerAsync(() => backend.DisableDeviceAsync(device, cancellationToken));

    [McpServerTool(Name = "enable_device", Destructive = false, Idempotent = true), Description("Lets a disabled device in again.")]
    public Task<string> EnableAsync([Description("The device's id")] string device, CancellationToken cancellationToken) => Tool.AnswerAsync(() => backend.EnableDeviceAsync(device, cancellationToken));
}
