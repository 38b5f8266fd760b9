using Azure.Data.Tables;
using IoTBackend.Adapters.Devices;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;
using Local.Tests;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Adapters.Tests.Devices;

/// <summary>Two instances of the backend over one store.</summary>
public sealed class TableDevicesTests(StorageAccount storage) : IClassFixture<StorageAccount>, IAsyncLifetime
{
    private static int _ids;

    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly string _id = $"Node-{Interlocked.Increment(ref _ids)}";
    private Instance _here = null!;
    private Instance _there = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await new CreateTables(new(storage.ConnectionString)).StartAsync(Cancellation);
        (_here, _there) = (new(storage.ConnectionString, _time), new(storage.ConnectionString, _time));
        await _here.Listener.ListenOnceAsync(Cancellation);
        await _there.Listener.ListenOnceAsync(Cancellation);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task What_was_registered_is_read_back_whole()
    {
        var request = new RegistrationRequest
        {
            Model = "m",
            Platform = "linux/arm64/v8",
            Groups = ["a", "b"],
            ReportingInterval = TimeSpan.FromMinutes(1),
            Labels = new Dictionary<string, string> { ["site"] = "ä" },
        };
        await _here.Registration.PutAsync(_id, request, Cancellation);
        var device = (await _there.Devices.FindAsync(_id, Cancellation))!;
        Assert.Equal((_id, "m", "linux/arm64/v8", TimeSpan.FromMinutes(1), "ä"), (device.Id, device.Model, device.Platform, device.ReportingInterval, device.Labels["site"]));
        Assert.Equal(["a", "b"], device.Groups);
    }

    [Fact]
    public async Task Nobody_is_let_in_before_the_exceptions_were_read()
    {
        var keys = await RegisterAsync();
        var fresh = new Instance(storage.ConnectionString, _time);
        Assert.Throws<UnavailableException>(() => fresh.Verify(_id, keys.PrimaryKey));
        await fresh.Listener.ListenOnceAsync(Cancellation);
        Assert.Equal(AuthenticationResult.Valid, fresh.Verify(_id, keys.PrimaryKey));
    }

    [Fact]
    public async Task Disabling_and_enabling_is_heard_by_the_other_instance()
    {
        var keys = await RegisterAsync();
        await _here.Registration.SetEnabledAsync(_id, false, Cancellation);
        await _there.Listener.ListenOnceAsync(Cancellation);
        Assert.Equal(AuthenticationResult.Revoked, _there.Verify(_id, keys.PrimaryKey));
        await _here.Registration.SetEnabledAsync(_id, true, Cancellation);
        await _there.Listener.ListenOnceAsync(Cancellation);
        Assert.Equal(AuthenticationResult.Valid, _there.Verify(_id, keys.PrimaryKey));
    }

    [Fact]
    public async Task A_rotation_is_heard_by_the_other_instance_and_by_one_that_starts_later()
    {
        var first = await RegisterAsync();
        var second = (await _here.Registration.RotateKeysAsync(_id, Cancellation))!.Keys!;
        await _there.Listener.ListenOnceAsync(Cancellation);
        var later = new Instance(storage.ConnectionString, _time);
        await later.Listener.ListenOnceAsync(Cancellation);
        foreach (var instance in new[] { _there, later })
        {
            Assert.Equal(AuthenticationResult.Valid, instance.Verify(_id, second.PrimaryKey));
            Assert.Equal(AuthenticationResult.Valid, instance.Verify(_id, first.PrimaryKey));
            Assert.Equal(AuthenticationResult.Revoked, instance.Verify(_id, first.SecondaryKey));
        }
    }

    [Fact]
    public async Task A_deleted_devices_keys_stay_void_when_its_id_is_registered_again()
    {
        var first = await RegisterAsync();
        Assert.True(await _here.Registration.DeleteAsync(_id, Cancellation));
        await _there.Listener.ListenOnceAsync(Cancellation);
        Assert.Equal(AuthenticationResult.Revoked, _there.Verify(_id, first.PrimaryKey));
        Assert.Null(await _there.Devices.FindAsync(_id, Cancellation));

        var second = await RegisterAsync();
        await _there.Listener.ListenOnceAsync(Cancellation);
        Assert.Equal(AuthenticationResult.Valid, _there.Verify(_id, second.PrimaryKey));
        Assert.Equal(AuthenticationResult.Revoked, _there.Verify(_id, first.PrimaryKey));
        Assert.Equal(AuthenticationResult.Revoked, _there.Verify(_id, first.SecondaryKey));
    }

    [Fact]
    public async Task Changes_made_on_two_instances_at_once_are_all_in_the_row_and_in_the_exception()
    {
        await RegisterAsync();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => (i % 2 == 0 ? _here : _there).Registration.RotateKeysAsync(_id, Cancellation)));
        Assert.Equal(5, (await _here.Devices.LoadAsync(_id, Cancellation))!.Device.KeyGeneration);
        Assert.Equal(5, (await _here.Exceptions.FindAsync(_id, Cancellation)).Generation);
    }

    [Fact]
    public async Task Another_spelling_of_an_id_is_refused_and_not_found()
    {
        await RegisterAsync();
        Assert.True((await _there.Registration.PutAsync(_id.ToUpperInvariant(), new(), Cancellation)).IsRejected);
        Assert.Null(await _there.Devices.FindAsync(_id.ToUpperInvariant(), Cancellation));
    }

    [Fact]
    public async Task The_catalog_forgets_what_changed_elsewhere_and_that_a_device_was_missing()
    {
        Assert.Null(await _there.Catalog.FindAsync(_id, Cancellation));
        await RegisterAsync();
        await _there.Listener.ListenOnceAsync(Cancellation);
        Assert.NotNull(await _there.Catalog.FindAsync(_id, Cancellation));
        await _here.Registration.PutAsync(_id, new() { Model = "other" }, Cancellation);
        await _there.Listener.ListenOnceAsync(Cancellation);
        Assert.Equal("other", (await _there.Catalog.FindAsync(_id, Cancellation))!.Model);
    }

    [Fact]
    public async Task A_device_without_a_platform_has_its_models()
    {
        var model = $"model-{_id}";
        await _here.Registration.PutAsync(_id, new() { Model = model }, Cancellation);
        Assert.Null((await _there.Catalog.FindAsync(_id, Cancellation))!.Platform);
        await _here.Models.SaveAsync(new() { Name = model, Platform = "linux/arm/v7" }, Cancellation);
        await _there.Listener.ListenOnceAsync(Cancellation);
        Assert.Equal("linux/arm/v7", (await _there.Catalog.FindAsync(_id, Cancellation))!.Platform);
        Assert.True(await _here.Models.DeleteAsync(model, Cancellation));
        Assert.False(await _here.Models.DeleteAsync(model, Cancellation));
    }

    [Fact]
    public async Task The_list_goes_on_after_a_position_and_leaves_the_deleted_out()
    {
        string[] ids = [$"{_id}-c", $"{_id}-A", $"{_id}-b", $"{_id}-d"];
        foreach (var id in ids)
            await _here.Registration.PutAsync(id, new(), Cancellation);
        await _here.Registration.DeleteAsync(ids[0], Cancellation);
        var all = await _here.Devices.ListAsync(null, Cancellation).Where(d => d.Device.Id.StartsWith(_id, StringComparison.Ordinal)).ToListAsync(Cancellation);
        Assert.Equal([ids[1], ids[2], ids[3]], all.Select(d => d.Device.Id));
        var rest = await _here.Devices.ListAsync(all[0].Position, Cancellation).Where(d => d.Device.Id.StartsWith(_id, StringComparison.Ordinal)).ToListAsync(Cancellation);
        Assert.Equal([ids[2], ids[3]], rest.Select(d => d.Device.Id));
    }

    private async Task<KeyPair> RegisterAsync() => (await _here.Registration.PutAsync(_id, new(), Cancellation)).Value!.Keys!;

    private sealed class Instance
    {
        private static readonly DeviceKeys Keys = new(new byte[32]);

        private readonly DeviceAuthentication _authentication;
        private readonly TimeProvider _time;

        public Instance(string connection, TimeProvider time)
        {
            var tables = new TableServiceClient(connection);
            var feed = new ChangeFeed(tables, time);
            Models = new(tables, feed);
            Exceptions = new(tables, feed);
            Devices = new(tables, Exceptions, Models, feed);
            Registration = new(Devices, Keys, time);
            Catalog = new(Devices, time);
            var live = new LiveDeviceExceptions(Exceptions);
            Listener = new(feed, [live, Catalog.OfDevices, Catalog.OfModels], time, NullLogger<ChangeListener>.Instance);
            _authentication = new(Keys, live, time, null);
            _time = time;
        }

        public TableModels Models { get; }

        public TableDeviceExceptions Exceptions { get; }

        public TableDevices Devices { get; }

        public DeviceRegistration Registration { get; }

        public DeviceCatalog Catalog { get; }

        public ChangeListener Listener { get; }

        public AuthenticationResult Verify(string deviceId, string key)
        {
            var sr = Uri.EscapeDataString($"h/devices/{deviceId}");
            var se = _time.GetUtcNow().AddMinutes(5).ToUnixTimeSeconds();
            var signature = System.Security.Cryptography.HMACSHA256.HashData(Convert.FromBase64String(key), System.Text.Encoding.UTF8.GetBytes($"{sr}\n{se}"));
            return _authentication.Verify($"SharedAccessSignature sr={sr}&sig={Uri.EscapeDataString(Convert.ToBase64String(signature))}&se={se}", deviceId);
        }
    }
}
