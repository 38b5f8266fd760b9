using System.Formats.Cbor;

namespace IoTBackend.Core.Readings.SenMl;

/// <summary>Reads records in the CBOR form, RFC 8428 section 6: labels are small integers, times and values also decimal fractions (tag 4).</summary>
internal static class SenMlCbor
{
    /// <summary>No reason is as useful as the byte it was found at.</summary>
    public static void Read(ReadOnlyMemory<byte> body, SenMlPack pack)
    {
        var cbor = new CborReader(body, CborConformanceMode.Lax);
        try
        {
            cbor.ReadStartArray();
            while (cbor.PeekState() != CborReaderState.EndArray && pack.IsReadable)
                pack.Add(ReadRecord(cbor));
            if (!pack.IsReadable)
                return;
            cbor.ReadEndArray();
            if (cbor.BytesRemaining > 0)
                pack.Refuse("Bytes follow the SenML pack.");
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException or OverflowException or FormatException or ArgumentException)
        {
            pack.Refuse($"The body is not a SenML pack in CBOR: byte {body.Length - cbor.BytesRemaining}.");
        }
    }

    private static SenMlRecord ReadRecord(CborReader cbor)
    {
        var record = new SenMlRecord();
        cbor.ReadStartMap();
        while (cbor.PeekState() != CborReaderState.EndMap)
        {
            if (cbor.PeekState() == CborReaderState.TextString)
            {
                if (cbor.ReadTextString() is var label && label.EndsWith('_'))
                    record.Demanded = label;
                cbor.SkipValue();
                continue;
            }

            switch (cbor.ReadInt64())
            {
                case -1: record.BaseVersion = cbor.ReadInt64(); break;
                case -2: record.BaseName = cbor.ReadTextString(); break;
                case -3: record.BaseTime = Number(cbor, ref record); break;
                case -4: record.BaseUnit = cbor.ReadTextString(); break;
                case -5: record.BaseValue = Number(cbor, ref record); break;
                case -6: record.BaseSum = Number(cbor, ref record); break;
                case 0: record.Name = cbor.ReadTextString(); break;
                case 1: record.Unit = cbor.ReadTextString(); break;
                case 2: record.Value = Number(cbor, ref record); break;
                case 3: record.Text = cbor.ReadTextString(); break;
                case 4: record.Flag = cbor.ReadBoolean(); break;
                case 5: record.Sum = Number(cbor, ref record); break;
                case 6: record.Time = Number(cbor, ref record); break;
                case 7: record.UpdateTime = Number(cbor, ref record); break;
                case 8: record.Data = Convert.ToBase64String(cbor.ReadByteString()); break;
                default: cbor.SkipValue(); break;
            }
        }

        cbor.ReadEndMap();
        return record;
    }

    private static double? Number(CborReader cbor, ref SenMlRecord record)
    {
        var value = cbor.PeekState() switch
        {
            CborReaderState.UnsignedInteger => cbor.ReadUInt64(),
            CborReaderState.NegativeInteger => cbor.ReadInt64(),
            CborReaderState.Tag => (double)cbor.ReadDecimal(),
            _ => cbor.ReadDouble(),
        };
        if (double.IsFinite(value))
            return value;
        record.Problem ??= "A number is not finite.";
        return null;
    }
}
