/** An mParticle batch, as far as we fill it, in the words of the Events API's JSON reference. */
export interface MParticleBatch {
  readonly environment: "production" | "development"
  readonly source_request_id: string
  user_identities?: Identities
  user_attributes?: { readonly $mobile: string }
  device_info?: DeviceInfo
  readonly events: ReadonlyArray<MParticleEvent>
}

export type Identities = { [type: string]: string }

export type Attributes = { [name: string]: string }

export interface DeviceInfo {
  platform?: string
  os_version?: string
  device_model?: string
  ios_idfv?: string
  ios_advertising_id?: string
  android_advertising_id?: string
  microsoft_advertising_id?: string
  roku_advertising_id?: string
  limit_ad_tracking?: boolean
}

export interface EventData {
  readonly event_name?: string
  readonly custom_event_type?: "other"
  readonly timestamp_unixtime_ms: number
  readonly source_message_id: string
  readonly custom_attributes: Attributes
}

export interface MParticleEvent {
  readonly event_type: "custom_event" | "uninstall"
  readonly data: EventData
}
