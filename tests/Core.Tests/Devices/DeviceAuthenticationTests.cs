using System.Net;
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.Devices;

public sealed class DeviceAuthenticationTests
{
    private const string Device = "node-1.a:b_C";

    // Made with Python's hmac module and checked with openssl; master key = bytes 0..31, generations 1 and 0.
    private const string Primary = "oaQe/JCJQ9we2vz4DPeAOZg+I/aGQd1XWxFFmPscGZM=";
    private const string Secondary = "RoRp+r25iNMubwpkO1rfG1dvmCgEwA648nRyZKkaS9s=";
    private const string ByPrimary =
        "SharedAccessSignature sr=iot.example.com%2Fdevices%2Fnode-1.a%3Ab_C&sig=jfsqRlraIw1gCCP5%2BmlWs9ZL2ryF07DBdICtrmrRZ5M%3D&se=1795000000";
    private const string BySecondary =
        "SharedAccessSignature sr=iot.example.com%2Fdevices%2Fnode-1.a%3Ab_C&sig=L9gA0dx4qco0YFlQb3ewN0%2BmJqaDQnWkJrg9I0onRPo%3D&se=1795000000";

    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1795000000 - 60));
    private readonly DeviceKeys _keys = new([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
    private readonly Exceptions _exceptions = new();

    [Fact]
    public void Keys_are_what_an_independent_implementation_derives() =>
        Assert.Equal(new KeyPair(Primary, Secondary), _keys.Of(Device, 1));

    [Theory]
    [InlineData(ByPrimary)]
    [InlineData(BySecondary)]
    public void A_token_of_an_independent_implementation_is_valid(string header) =>
        Assert.Equal(AuthenticationResult.Valid, Verify(header));

    [Fact]
    public void The_order_of_the_parts_and_the_case_of_the_scheme_do_not_matter() =>
        Assert.Equal(AuthenticationResult.Valid, Verify(
            "sharedaccesssignature se=1795000000&skn=&sig=jfsqRlraIw1gCCP5%2bmlWs9ZL2ryF07DBdICtrmrRZ5M%3d&sr=iot.example.com%2Fdevices%2Fnode-1.a%3Ab_C"));

    [Theory]
    [InlineData("", AuthenticationResult.Missing)]
    [InlineData("Bearer abc", AuthenticationResult.Malformed)]
    [InlineData("SharedAccessSignature ", AuthenticationResult.Malformed)]
    [InlineData("SharedAccessSignature sr=a%2Fdevices%2Fd&se=1795000000", AuthenticationResult.Malformed)]
    [InlineData("SharedAccessSignature sr=a&sr=a&sig=b&se=1795000000", AuthenticationResult.Malformed)]
    [InlineData("SharedAccessSignature sr=a&sig=dG9vIHNob3J0&se=1795000000", AuthenticationResult.Malformed)]
    [InlineData(ByPrimary + "&skn=policy", AuthenticationResult.Malformed)]
    [InlineData(ByPrimary + "0000000000000", AuthenticationResult.Malformed)]
    public void What_is_not_a_signature_says_so(string header, AuthenticationResult expected) => Assert.Equal(expected, Verify(header));

    [Theory]
    [InlineData("iot.example.com/devices/other")]
    [InlineData("iot.example.com/devices/NODE-1.A:B_c")]
    [InlineData("iot.example.com/devices/node-1.a:b_C/modules/m")]
    [InlineData("iot.example.com/devices/")]
    [InlineData("iot.example.com")]
    [InlineData("node-1.a:b_C")]
    public void A_rightly_signed_token_for_another_resource_is_refused(string resource) =>
        Assert.Equal(AuthenticationResult.WrongDevice, Verify(Sign(Primary, resource, InMinutes(10))));

    [Fact]
    public void The_host_is_compared_only_where_one_is_set()
    {
        var token = Sign(Primary, "other.example.com/devices/" + Device, InMinutes(10));
        Assert.Equal(AuthenticationResult.Valid, Verify(token));
        Assert.Equal(AuthenticationResult.WrongDevice, Verify(token, "iot.example.com"));
        Assert.Equal(AuthenticationResult.Valid, Verify(ByPrimary, "IoT.example.com"));
    }

    [Fact]
    public void A_token_is_valid_until_its_expiry_and_not_at_it()
    {
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(AuthenticationResult.Valid, Verify(ByPrimary));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(AuthenticationResult.Expired, Verify(ByPrimary));
    }

    [Fact]
    public void A_token_may_live_thirty_days_and_no_second_more()
    {
        const string resource = "h/devices/" + Device;
        Assert.Equal(AuthenticationResult.Valid, Verify(Sign(Primary, resource, InMinutes(30 * 24 * 60))));
        Assert.Equal(AuthenticationResult.TooLong, Verify(Sign(Primary, resource, InMinutes(30 * 24 * 60) + 1)));
        Assert.Equal(AuthenticationResult.TooLong, Verify(Sign(Primary, resource, 1000 * InMinutes(10))));
    }

    [Fact]
    public void After_a_rotation_the_old_primary_key_works_until_the_next_one()
    {
        _exceptions.Set(Device, new(2, Enabled: true, Deleted: false));
        Assert.Equal(AuthenticationResult.Valid, Verify(ByPrimary));
        Assert.Equal(AuthenticationResult.Revoked, Verify(BySecondary));
        _exceptions.Set(Device, new(3, Enabled: true, Deleted: false));
        Assert.Equal(AuthenticationResult.Revoked, Verify(ByPrimary));
        Assert.Equal(AuthenticationResult.Valid, Verify(Sign(_keys.Of(Device, 3).PrimaryKey, "h/devices/" + Device, InMinutes(1))));
    }

    [Theory]
    [InlineData(1, false, false)]
    [InlineData(1, true, true)]
    [InlineData(3, true, false)]
    public void A_right_signature_of_a_disabled_deleted_or_reborn_device_is_revoked(int generation, bool enabled, bool deleted)
    {
        _exceptions.Set(Device, new(generation, enabled, deleted));
        Assert.Equal(AuthenticationResult.Revoked, Verify(ByPrimary));
    }

    [Fact]
    public void A_wrong_signature_does_not_learn_that_the_device_is_disabled()
    {
        _exceptions.Set(Device, new(1, Enabled: false, Deleted: false));
        var stranger = Convert.ToBase64String(new byte[32]);
        Assert.Equal(AuthenticationResult.WrongSignature, Verify(Sign(stranger, "h/devices/" + Device, InMinutes(1))));
    }

    [Fact]
    public void Anything_changed_in_a_valid_token_makes_it_invalid() =>
        Gen.Select(Gen.Int[22, ByPrimary.Length - 1], Gen.Char[' ', '~']).Where((at, c) => ByPrimary[at] != c).Sample((at, c) =>
        {
            // The last character of 32 bytes in base64 carries two bits of nothing.
            if (at == ByPrimary.IndexOf("%3D", StringComparison.Ordinal) - 1)
                return true;
            var changed = string.Concat(ByPrimary.AsSpan(0, at), [c], ByPrimary.AsSpan(at + 1));
            return Verify(changed) != AuthenticationResult.Valid || WebUtility.UrlDecode(changed) == WebUtility.UrlDecode(ByPrimary);
        });

    [Fact]
    public void No_header_makes_it_throw() =>
        Gen.String.Sample(s => Verify("SharedAccessSignature " + s) != AuthenticationResult.Valid && Verify(s) != AuthenticationResult.Valid);

    [Fact]
    public void A_token_made_for_any_name_is_valid_for_it_and_for_no_other() =>
        Gen.Select(AnyName, AnyName).Sample((a, b) =>
        {
            var token = Sign(_keys.Of(a, 1).PrimaryKey, "h/devices/" + a, InMinutes(5));
            return Verify(token, device: a) == AuthenticationResult.Valid && (a == b || Verify(token, device: b) == AuthenticationResult.WrongDevice);
        });

    [Fact]
    public void What_is_known_of_a_valid_token_ends_with_what_made_it_valid()
    {
        var authentication = new DeviceAuthentication(_keys, _exceptions, _time, null);
        Assert.Equal(AuthenticationResult.Valid, authentication.Verify(ByPrimary, Device));
        Assert.Equal(AuthenticationResult.Valid, authentication.Verify(ByPrimary, Device));
        Assert.Equal(AuthenticationResult.WrongDevice, authentication.Verify(ByPrimary, "other"));
        Assert.Equal(AuthenticationResult.WrongSignature, authentication.Verify(ByPrimary.Replace("sig=j", "sig=k", StringComparison.Ordinal), Device));
        foreach (var change in new DeviceException[] { new(1, Enabled: false, Deleted: false), new(1, Enabled: true, Deleted: true), new(3, Enabled: true, Deleted: false) })
        {
            _exceptions.Set(Device, change);
            Assert.Equal(AuthenticationResult.Revoked, authentication.Verify(ByPrimary, Device));
            _exceptions.Set(Device, DeviceException.None);
            Assert.Equal(AuthenticationResult.Valid, authentication.Verify(ByPrimary, Device));
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(AuthenticationResult.Expired, authentication.Verify(ByPrimary, Device));
    }

    [Fact]
    public void Tokens_of_more_devices_than_are_kept_stay_valid()
    {
        var authentication = new DeviceAuthentication(_keys, _exceptions, _time, null);
        var tokens = Enumerable.Range(0, 40_000).Select(i => $"d{i}")
            .ToDictionary(device => device, device => Sign(_keys.Of(device, 1).PrimaryKey, "h/devices/" + device, InMinutes(1)));
        for (var round = 0; round < 2; round++)
            Assert.All(tokens, token => Assert.Equal(AuthenticationResult.Valid, authentication.Verify(token.Value, token.Key)));
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        var authentication = new DeviceAuthentication(_keys, _exceptions, _time, null);
        authentication.Verify(ByPrimary, Device);
        // What the runtime allocates while it compiles the code anew is not the code's.
        Assert.Contains(0, Enumerable.Range(0, 5).Select(_ =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
                authentication.Verify(ByPrimary, Device);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }));
    }

    private static readonly Gen<string> AnyName =
        Gen.Char["ABCXYZabcxyz0189-_.:"].Array[1, 128].Select(c => new string(c)).Where(s => Name.IsValid(s));

    private long InMinutes(int minutes) => _time.GetUtcNow().AddMinutes(minutes).ToUnixTimeSeconds();

    private AuthenticationResult Verify(string header, string? host = null, string device = Device) =>
        new DeviceAuthentication(_keys, _exceptions, _time, host).Verify(header, device);

    private static string Sign(string key, string resource, long expiry)
    {
        var sr = WebUtility.UrlEncode(resource);
        var signature = HMACSHA256.HashData(Convert.FromBase64String(key), Encoding.UTF8.GetBytes($"{sr}\n{expiry}"));
        return $"SharedAccessSignature sr={sr}&sig={WebUtility.UrlEncode(Convert.ToBase64String(signature))}&se={expiry}";
    }

    private sealed class Exceptions : IDeviceExceptions
    {
        private readonly Dictionary<string, DeviceException> _all = [];

        public void Set(string deviceId, DeviceException exception) => _all[deviceId] = exception;

        public DeviceException Of(string deviceId) => _all.TryGetValue(deviceId, out var exception) ? exception : DeviceException.None;
    }
}
