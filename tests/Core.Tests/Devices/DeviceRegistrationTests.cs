using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.Devices;

public sealed class DeviceRegistrationTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly Store _store = new();
    private readonly DeviceKeys _keys = new(new byte[32]);
    private readonly DeviceRegistration _registration;

    public DeviceRegistrationTests() => _registration = new(_store, _keys, new FakeTimeProvider());

    [Fact]
    public async Task Keys_are_given_when_a_device_is_created_and_not_when_it_is_changed()
    {
        Assert.NotNull((await PutAsync("a")).Keys);
        var changed = await _registration.PutAsync("a", new() { Model = "m2", Groups = ["x", "x"] }, None);
        Assert.Null(changed.Value!.Keys);
        Assert.Equal(("m2", 1), (_store.Rows["a"].Device.Model, _store.Rows["a"].Device.Groups.Count));
    }

    [Fact]
    public async Task A_rotation_makes_the_primary_key_the_secondary_one()
    {
        var first = (await PutAsync("a")).Keys!;
        var second = (await _registration.RotateKeysAsync("a", None))!.Keys!;
        Assert.Equal(first.PrimaryKey, second.SecondaryKey);
        Assert.DoesNotContain(second.PrimaryKey, new[] { first.PrimaryKey, first.SecondaryKey });
    }

    [Fact]
    public async Task A_device_registered_again_shares_no_key_with_its_former_life()
    {
        var first = (await PutAsync("a")).Keys!;
        Assert.True(await _registration.DeleteAsync("a", None));
        var again = (await PutAsync("a")).Keys!;
        Assert.Empty(new[] { again.PrimaryKey, again.SecondaryKey }.Intersect([first.PrimaryKey, first.SecondaryKey]));
    }

    [Fact]
    public async Task A_deleted_device_is_neither_deleted_twice_nor_rotated_nor_enabled()
    {
        await PutAsync("a");
        Assert.True(await _registration.DeleteAsync("a", None));
        Assert.False(await _registration.DeleteAsync("a", None));
        Assert.Null(await _registration.RotateKeysAsync("a", None));
        Assert.Null(await _registration.SetEnabledAsync("a", true, None));
    }

    [Fact]
    public async Task A_change_of_what_is_known_leaves_keys_and_disabling_alone()
    {
        await PutAsync("a");
        await _registration.RotateKeysAsync("a", None);
        await _registration.SetEnabledAsync("a", false, None);
        var device = (await PutAsync("a")).Device;
        Assert.Equal((2, false), (device.KeyGeneration, device.Enabled));
    }

    [Fact]
    public async Task Ids_that_differ_in_case_only_cannot_both_be_registered()
    {
        await PutAsync("sensor-a");
        Assert.Contains("'sensor-a'", (await _registration.PutAsync("Sensor-A", new(), None)).Reason);
        Assert.Null(await _registration.RotateKeysAsync("Sensor-A", None));
    }

    [Fact]
    public async Task A_write_that_lost_a_race_is_made_again_over_the_winner()
    {
        await PutAsync("a");
        _store.BeforeSave = () => _store.Touch("a", d => d with { KeyGeneration = 7 });
        Assert.Equal(8, (await _registration.RotateKeysAsync("a", None))!.Device.KeyGeneration);
    }

    [Theory]
    [InlineData("linux/arm64/v8", null)]
    [InlineData("linux", "platform")]
    [InlineData("linux/arm64/v8/x", "platform")]
    [InlineData("Linux/ARM64", "platform")]
    public void A_platform_is_os_slash_architecture_slash_variant(string platform, string? wrong) =>
        Assert.Equal(wrong, Read($$"""{"platform":"{{platform}}"}""").Reason?.Split(' ')[0]);

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData("..")]
    public void Names_keep_to_their_alphabet(string name)
    {
        Assert.NotNull(Read($$"""{"model":"{{name}}"}""").Reason);
        Assert.NotNull(Read($$"""{"groups":["ok","{{name}}"]}""").Reason);
        Assert.NotNull(Read($$$"""{"labels":{"{{{name}}}":"v"}}""").Reason);
    }

    private static Result<RegistrationRequest> Read(string body) => StrictJson.Read<RegistrationRequest>(System.Text.Encoding.UTF8.GetBytes(body));

    private async Task<Registered> PutAsync(string id) => (await _registration.PutAsync(id, new(), None)).Value!;

    private sealed class Store : IDeviceStore
    {
        public Dictionary<string, StoredDevice> Rows { get; } = new(StringComparer.OrdinalIgnoreCase);

        public Action? BeforeSave { get; set; }

        public void Touch(string id, Func<Device, Device> change) =>
            Rows[id] = Rows[id] with { Device = change(Rows[id].Device), Version = Guid.NewGuid().ToString() };

        public Task<StoredDevice?> LoadAsync(string deviceId, CancellationToken cancellationToken) =>
            Task.FromResult(Rows.GetValueOrDefault(deviceId));

        public Task<bool> TrySaveAsync(StoredDevice device, CancellationToken cancellationToken)
        {
            var race = BeforeSave;
            BeforeSave = null;
            race?.Invoke();
            if (Rows.GetValueOrDefault(device.Device.Id)?.Version != device.Version)
                return Task.FromResult(false);
            Rows[device.Device.Id] = device with { Version = Guid.NewGuid().ToString() };
            return Task.FromResult(true);
        }
    }
}
